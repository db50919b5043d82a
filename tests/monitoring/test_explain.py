"""What would happen to a request: the API and the admin page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gateway.models import ApiKey, Route
from monitoring.models import RequestContent, RequestLog
from providers.crypto import encrypt
from providers.models import Model
from tests.gateway.test_admin_routes import add_provider, add_route
from tests.monitoring.test_admin_request_log import log

API, PAGE = "/api/routing/explain", "/admin/routing/explain/"
HELLO = {"model": "smart", "messages": [{"role": "user", "content": "Hello"}]}
WITH_IMAGE = {"model": "smart", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _route() -> None:
    """``smart``: first groq's llama-3, which sees no images, then openai's gpt-4o."""
    groq, openai = add_provider("groq", "llama-3"), add_provider("openai", "gpt-4o")
    Model.objects.filter(model_id="llama-3").update(vision=False)
    add_route("smart", (groq, "llama-3"), (openai, "gpt-4o"))


def ask(client: Client, question: Any, **headers: str) -> HttpResponse:
    body = question if isinstance(question, str) else json.dumps(question)
    return client.post(API, body, content_type="application/json", headers=headers)  # type: ignore[return-value]


def models(reply: HttpResponse) -> list[str]:
    assert reply.status_code == 200, reply.content
    return [one["model"] for one in json.loads(reply.content)["story"]["targets"]]


def error(reply: HttpResponse) -> tuple[int, str, str]:
    told = json.loads(reply.content)["error"]
    return reply.status_code, told["code"], told["message"]


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def kept(body: Any, **fields: Any) -> RequestLog:
    [row] = log(1, requested_model="smart", endpoint="chat.completions", **fields)
    if body is not None:
        sealed = encrypt(json.dumps({"request": body if isinstance(body, str) else json.dumps(body), "answer": ""}))
        RequestContent.objects.create(request_id=row.pk, started_at=row.started_at, sealed=sealed)
    return row


# --- the API -------------------------------------------------------------------------------------


def test_a_request_is_explained(admin_client: Client) -> None:
    reply = ask(admin_client, {"request": HELLO})
    assert models(reply) == ["llama-3", "gpt-4o"]
    answer = json.loads(reply.content)
    assert (answer["error"], answer["basis"], answer["story"]["how"]) == (None, "request", "route")


def test_what_a_request_needs_is_seen_in_it(admin_client: Client) -> None:
    reply = ask(admin_client, {"request": WITH_IMAGE})
    assert models(reply) == ["gpt-4o"]
    assert json.loads(reply.content)["story"]["dropped"][0]["code"] == "vision"


def test_a_draft_is_tried_and_not_saved(admin_client: Client) -> None:
    draft = {"routes": [{"name": "smart", "targets": [{"provider": "openai", "model": "gpt-4o"}]}]}
    assert models(ask(admin_client, {"request": HELLO, "draft": draft})) == ["gpt-4o"]
    assert models(ask(admin_client, {"request": HELLO})) == ["llama-3", "gpt-4o"]
    assert Route.objects.get().targets.count() == 2


def test_what_the_app_would_get_is_part_of_the_answer(admin_client: Client) -> None:
    reply = ask(admin_client, {"request": {**HELLO, "model": "nothing-such"}})
    answer = json.loads(reply.content)
    assert (reply.status_code, answer["story"], answer["error"]["code"]) == (200, None, "model_not_found")


def test_it_is_asked_as_an_api_key_by_its_name(admin_client: Client) -> None:
    ApiKey.issue("narrow", allowed_models=["gpt-*"])
    assert models(ask(admin_client, {"request": HELLO, "api_key": "narrow"})) == ["gpt-4o"]
    assert error(ask(admin_client, {"request": HELLO, "api_key": "none"}))[0] == 400


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("{", "JSON parse error"),
        ("[]", "must be a JSON object"),
        ({}, "either `request` or `log_id`"),
        ({"request": HELLO, "log_id": "x"}, "either `request` or `log_id`"),
        ({"request": "smart"}, "must be an object"),
        ({"request": {"messages": []}}, "`model`"),
        ({"request": HELLO, "endpont": "x"}, "`endpont` is not known"),
        ({"request": HELLO, "session": 5}, "`session` must be a text"),
        ({"request": HELLO, "draft": {}}, "list of routes"),
        ({"log_id": "x"}, "a UUID"),
    ],
)
def test_what_is_wrong_with_the_question_is_an_error_in_openais_envelope(
    admin_client: Client, question: Any, said: str
) -> None:
    status, _, message = error(ask(admin_client, question))
    assert status == 400 and said in message


def test_nobody_asks_without_a_session_or_key() -> None:
    assert error(ask(Client(), {"request": HELLO}))[:2] == (401, "invalid_api_key")
    assert Client().get(API).status_code in (401, 405)


def test_a_key_needs_the_scope_to_watch_or_to_administer() -> None:
    for scope, status in (("inference", 403), ("monitoring", 200), ("admin", 200)):
        _, secret = ApiKey.issue(scope, scopes=[scope])
        assert ask(Client(), {"request": HELLO}, authorization=f"Bearer {secret}").status_code == status
    key, secret = ApiKey.issue("old", scopes=["admin"])
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert error(ask(Client(), {"request": HELLO}, authorization=f"Bearer {secret}"))[0] == 401
    assert error(ask(Client(), {"request": HELLO}, authorization="Bearer nonsense"))[0] == 401


def test_a_session_needs_the_permission_and_the_csrf_mark() -> None:
    assert error(ask(staff("view_apikey"), {"request": HELLO}))[:2] == (403, "permission_denied")
    User.objects.all().delete()
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    status, _, message = error(ask(client, {"request": HELLO}))
    assert status == 403 and "CSRF" in message


def test_asking_as_another_key_needs_the_permission_to_see_keys() -> None:
    ApiKey.issue("app")
    assert error(ask(staff("view_route"), {"request": HELLO, "api_key": "app"}))[0] == 403


# --- requests of the log -------------------------------------------------------------------------


def test_a_stored_request_is_asked_anew_with_all_it_held(admin_client: Client) -> None:
    row = kept(WITH_IMAGE)
    reply = ask(admin_client, {"log_id": str(row.pk)})
    assert models(reply) == ["gpt-4o"]
    assert json.loads(reply.content)["basis"] == "content"


def test_without_content_only_what_the_row_knows_counts_and_the_answer_says_so(admin_client: Client) -> None:
    row = kept(None, input=1240, stream=True)
    reply = ask(admin_client, {"log_id": str(row.pk)})
    answer = json.loads(reply.content)
    assert models(reply) == ["llama-3", "gpt-4o"] and answer["basis"] == "row"
    assert "was not stored" in answer["note"] and "1,240 input units" in answer["note"]
    assert answer["story"]["input"] == 1240


def test_content_is_not_used_for_who_may_not_read_it() -> None:
    row = kept(WITH_IMAGE)
    reply = ask(staff("view_route", "view_requestlog"), {"log_id": str(row.pk)})
    assert models(reply) == ["llama-3", "gpt-4o"]
    assert "you may not read it" in json.loads(reply.content)["note"]
    _, secret = ApiKey.issue("watching", scopes=["monitoring"])
    reply = ask(Client(), {"log_id": str(row.pk)}, authorization=f"Bearer {secret}")
    assert json.loads(reply.content)["basis"] == "row"


def test_a_request_that_was_cut_is_judged_by_its_row(admin_client: Client) -> None:
    row = kept('{"model": "smart", "messa')
    assert "too long" in json.loads(ask(admin_client, {"log_id": str(row.pk)}).content)["note"]


def test_it_is_asked_as_the_key_that_sent_it(admin_client: Client) -> None:
    key, _ = ApiKey.issue("narrow", allowed_models=["gpt-*"])
    row = kept(HELLO, api_key_id=key.pk)
    assert models(ask(admin_client, {"log_id": str(row.pk)})) == ["gpt-4o"]


def test_the_log_is_not_open_to_all_who_may_explain(admin_client: Client) -> None:
    row = kept(None)
    assert error(ask(staff("view_route"), {"log_id": str(row.pk)}))[0] == 403
    assert error(ask(admin_client, {"log_id": "01a1fda7-0000-7000-8000-000000000000"}))[0] == 404


# --- the page ------------------------------------------------------------------------------------


def page(client: Client, data: dict[str, Any] | None = None, query: str = "") -> str:
    reply = client.get(PAGE + query) if data is None else client.post(PAGE + query, data)
    assert reply.status_code == 200
    return reply.content.decode()


def test_the_page_draws_what_was_typed(admin_client: Client) -> None:
    html = page(admin_client, {"model": "smart", "text": "Hi", "images": "on", "tools": "on"})
    assert "sees images" in html and "calls tools" in html and "does not take images" in html
    assert "The first target that answers is taken." not in html  # one is left: nothing to choose


def test_bad_json_is_told_at_its_field(admin_client: Client) -> None:
    html = page(admin_client, {"raw": '{"model": "smart",\n "messages": [}'})
    assert "This is not JSON. Line 2, column 15" in html
    assert "A JSON object is needed" in page(admin_client, {"model": "smart", "draft": "[1]"})
    html = page(admin_client, {"model": "smart", "draft": '{"routes": [{"name": "a b"}]}'})
    assert "draft.routes[0].name" in html and "No blanks" in html
    assert "Name a model" in page(admin_client, {"text": "Hi"})
    assert "There is no API key called" in page(admin_client, {"model": "smart", "api_key": "none"})


def test_a_route_is_edited_as_a_draft_and_compared_with_now(admin_client: Client) -> None:
    html = page(admin_client, query=f"?route={Route.objects.get().pk}")
    assert "&quot;model&quot;: &quot;llama-3&quot;" in html
    draft = {"routes": [{"name": "smart", "targets": [{"provider": "openai", "model": "gpt-4o"}]}]}
    html = page(admin_client, {"model": "smart", "draft": json.dumps(draft)})
    assert "Under the draft" in html and "The draft changes nothing" not in html
    same = {"routes": [{"name": "smart", "targets": [{"model": "groq:llama-3"}, {"model": "openai:gpt-4o"}]}]}
    assert "The draft changes nothing" in page(admin_client, {"model": "smart", "draft": json.dumps(same)})


def test_a_request_of_the_log_is_explained_at_once_and_under_a_draft(admin_client: Client) -> None:
    row = kept(WITH_IMAGE)
    query = f"?log={row.pk}"
    assert "Judged by the stored request." in page(admin_client, query=query)
    draft = {"routes": [{"name": "smart", "targets": [{"provider": "groq", "model": "llama-3"}]}]}
    assert "Under the draft" in page(admin_client, {"draft": json.dumps(draft)}, query)
    assert "a UUID" in page(admin_client, query="?log=nonsense")


def test_a_long_request_goes_where_it_fits(admin_client: Client) -> None:
    Model.objects.filter(model_id="llama-3").update(context_window=8000)
    html = page(admin_client, {"model": "smart", "text": "Hi", "input": "50000"})
    assert "takes 8,000 units" in html


def test_the_page_needs_the_permission() -> None:
    assert staff("view_apikey").get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
