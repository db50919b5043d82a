"""Who may ask what of the API and the page that explain, and questions that mean harm."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.test import Client

from gateway.models import ApiKey, Route, RouteTarget, Team
from monitoring.explain.api import ExplainView
from monitoring.models import RequestLog
from tests.gateway.test_admin_routes import add_provider, add_route
from tests.monitoring.test_admin_request_log import log

API, PAGE = "/api/routing/explain", "/admin/routing/explain/"
HELLO = {"model": "smart", "messages": [{"role": "user", "content": "Hello"}]}
HTML = "\"><img src=x onerror=alert(1)>'</script><script>alert(2)</script>"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _route() -> None:
    groq, openai = add_provider("groq", "llama-3"), add_provider("openai", "gpt-4o")
    add_route("smart", (groq, "llama-3"), (openai, "gpt-4o"))


def ask(client: Client, question: Any, *, media: str = "application/json", **headers: str) -> HttpResponse:
    body = question if isinstance(question, str | bytes) else json.dumps(question)
    return client.post(API, body, content_type=media, headers=headers)  # type: ignore[return-value]


def error(reply: HttpResponse) -> tuple[int, str]:
    return reply.status_code, json.loads(reply.content)["error"]["code"]


def issued(name: str, team: Team | None, *scopes: str, **fields: Any) -> str:
    _, secret = ApiKey.issue(name, team=team, scopes=list(scopes), **fields)
    return f"Bearer {secret}"


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def row_of(team: Team | None, **fields: Any) -> RequestLog:
    [row] = log(1, requested_model="smart", endpoint="chat.completions", team_id=team.pk if team else None, **fields)
    return row


# --- teams ---------------------------------------------------------------------------------------


def test_a_teams_key_explains_its_own_teams_requests_only() -> None:
    red, blue = Team.objects.create(name="red"), Team.objects.create(name="blue")
    rows = {"red": row_of(red), "blue": row_of(blue), "none": row_of(None)}
    watching = issued("red watches", red, "monitoring")
    seen = {name: ask(Client(), {"log_id": str(row.pk)}, authorization=watching) for name, row in rows.items()}
    assert {name: reply.status_code for name, reply in seen.items()} == {"red": 200, "blue": 404, "none": 404}
    missing = ask(Client(), {"log_id": "01a1fda7-0000-7000-8000-000000000000"}, authorization=watching)
    assert seen["blue"].content == missing.content  # whether the other team's row exists is not told


def test_a_key_without_a_team_and_one_that_administers_explain_all() -> None:
    red, blue = Team.objects.create(name="red"), Team.objects.create(name="blue")
    row = row_of(blue)
    for key in (issued("operator", None, "monitoring"), issued("red admin", red, "admin")):
        assert ask(Client(), {"log_id": str(row.pk)}, authorization=key).status_code == 200


def test_a_teams_key_asks_as_keys_of_its_team_only() -> None:
    red, blue = Team.objects.create(name="red"), Team.objects.create(name="blue")
    issued("red app", red, "inference", allowed_models=["gpt-*"])
    issued("blue app", blue, "inference", allowed_models=["gpt-*"])
    watching = issued("red watches", red, "monitoring")
    own = ask(Client(), {"request": HELLO, "api_key": "red app"}, authorization=watching)
    assert [one["model"] for one in json.loads(own.content)["story"]["targets"]] == ["gpt-4o"]
    other = ask(Client(), {"request": HELLO, "api_key": "blue app"}, authorization=watching)
    none = ask(Client(), {"request": HELLO, "api_key": "grey app"}, authorization=watching)
    assert error(other) == error(none) == (400, "invalid_request_error")
    operator = issued("operator", None, "monitoring")
    assert ask(Client(), {"request": HELLO, "api_key": "blue app"}, authorization=operator).status_code == 200


def test_a_key_of_inference_alone_a_switched_off_one_and_a_stranger_explain_nothing() -> None:
    row = row_of(None)
    app = issued("app", None, "inference")
    off = issued("off", None, "monitoring", enabled=False)
    for authorization, status in (
        (app, 403),
        (off, 401),
        ("Bearer sk-sb-made-up", 401),
        ("", 401),
        ("Basic eA==", 401),
    ):
        assert ask(Client(), {"log_id": str(row.pk)}, authorization=authorization).status_code == status


# --- sessions ------------------------------------------------------------------------------------


def test_a_foreign_page_cannot_ask_with_somebodys_session() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    assert error(ask(client, {"request": HELLO})) == (403, "permission_denied")
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert error(ask(client, json.dumps({"request": HELLO}), media=media)) == (415, "unsupported_media_type")
    assert client.post(PAGE, {"model": "smart"}).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    assert ask(client, {"request": HELLO}, **{"X-CSRFToken": "a" * 32}).status_code == 200


def test_a_key_beside_a_session_counts_alone() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    app = issued("app", None, "inference")
    assert error(ask(client, {"request": HELLO}, authorization=app)) == (403, "permission_denied")


def test_who_may_only_see_the_log_may_not_explain_and_who_may_explain_may_not_see_the_log() -> None:
    row = row_of(None)
    assert error(ask(staff("view_requestlog", "view_requestcontent"), {"log_id": str(row.pk)}))[0] == 403
    User.objects.all().delete()
    client = staff("view_route")
    assert error(ask(client, {"log_id": str(row.pk)}))[0] == 403
    html = client.get(f"{PAGE}?log={row.pk}").content.decode()
    assert "You may not see the request log." in html and f"/requestlog/{row.pk}" not in html


def test_a_person_who_is_switched_off_or_no_staff_sees_no_page() -> None:
    User.objects.create_user("plain").user_permissions.set(Permission.objects.filter(codename="view_route"))
    client = Client()
    client.force_login(User.objects.get(username="plain"))
    assert client.get(PAGE).status_code == 302
    User.objects.filter(username="plain").update(is_active=False)
    assert error(ask(client, {"request": HELLO}))[0] in (401, 403)


# --- questions that mean harm ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"request": {"model": "\\ud800", "messages": []}}', 400),
        ('{"request": {"model": "smart"}, "api_key": "\\ud800"}', 400),
        ('{"request": {"model": "smart"}, "api_key": "a\\u0000"}', 400),
        ('{"request": {"model": "smart\\u0000"}}', 200),
        ('{"request": {"model": "smart"}, "session": "\\ud800"}', 400),
        ('{"request": {"model": "smart", "max_tokens": NaN}}', 400),
        ('{"request": {"model": "smart", "max_tokens": 1' + "0" * 400 + "}}", 200),
        ('{"request": {"model": "smart", "max_tokens": 1' + "0" * 5000 + "}}", 400),
        ("[" * 100_000, 400),
        ('{"request":' + '{"a":' * 100_000 + "1" + "}" * 100_001, 400),
        (b"\xff\xfe{}", 400),
        (" ", 400),
    ],
)
def test_what_no_app_could_send_is_refused_in_the_envelope(
    admin_client: Client, body: str | bytes, status: int
) -> None:
    reply = ask(admin_client, body)
    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("application/json")
    assert status == 200 or error(reply)[1] in ("invalid_json", "invalid_request_error")


@pytest.mark.parametrize(
    "target",
    [
        '{"model": "gpt-4o", "team": "\\u0000"}',
        '{"model": "gpt-4o", "team": {"a": 1}}',
        '{"model": "gpt-4o", "provider": ["openai"]}',
        '{"model": "gpt-4o", "weight": 1e300}',
        '{"model": "gpt-4o", "min_input": 1' + "0" * 400 + "}",
    ],
)
def test_an_odd_draft_is_refused_by_the_place_that_is_odd(admin_client: Client, target: str) -> None:
    question = '{"request": {"model": "smart"}, "draft": {"routes": [{"name": "smart", "targets": [%s]}]}}'
    reply = ask(admin_client, question % target)
    assert error(reply)[0] == 400
    assert json.loads(reply.content)["error"]["param"].startswith("draft.routes[0].targets[0]")


def test_a_number_beyond_all_in_a_draft_is_refused(admin_client: Client) -> None:
    draft = {"routes": [{"name": "smart", "strategy": "auto", "weights": {"cost": 10**400}}]}
    assert error(ask(admin_client, {"request": {"model": "smart"}, "draft": draft}))[0] == 400


@pytest.mark.parametrize("field", ["raw", "draft"])
@pytest.mark.parametrize("text", ['{"model": "\\ud800"}', '{"model": NaN}', '{"model": 1e400}', "{" * 50_000])
def test_the_page_says_so_too(admin_client: Client, field: str, text: str) -> None:
    reply = admin_client.post(PAGE, {"model": "smart", field: text})
    assert reply.status_code == 200
    assert "This is not JSON" in reply.content.decode() or "nested too deeply" in reply.content.decode()


def test_a_body_is_read_up_to_the_limit_only(admin_client: Client, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 2000
    assert ask(admin_client, {"request": {**HELLO, "user": "x" * 1000}}).status_code == 200
    assert error(ask(admin_client, {"request": {**HELLO, "user": "x" * 2000}})) == (413, "request_too_large")


def test_a_body_in_chunks_which_tells_no_length_is_held_to_the_limit_too(settings: Any) -> None:
    settings.MAX_BODY_BYTES = 2000
    headers = [(b"content-type", b"application/json"), (b"authorization", issued("k", None, "monitoring").encode())]
    for size, status in ((1000, 200), (3000, 413)):
        body = BytesIO(json.dumps({"request": {**HELLO, "user": "x" * size}}).encode())
        scope = {"type": "http", "method": "POST", "path": API, "query_string": b"", "headers": headers}
        assert ExplainView.as_view()(ASGIRequest(scope, body)).status_code == status


def test_too_many_routes_or_targets_are_refused_before_they_are_read(admin_client: Client) -> None:
    many = {"routes": [{"name": f"r{number}"} for number in range(51)]}
    assert error(ask(admin_client, {"request": HELLO, "draft": many}))[0] == 400
    wide = {"routes": [{"name": "r", "targets": [{"model": "gpt-4o"}] * 101}]}
    assert error(ask(admin_client, {"request": HELLO, "draft": wide}))[0] == 400


def test_a_draft_saves_nothing(admin_client: Client) -> None:
    before = (Route.objects.count(), RouteTarget.objects.count())
    draft = {"routes": [{"name": "new", "targets": [{"model": "gpt-4o"}]}, {"name": "smart", "targets": []}]}
    assert ask(admin_client, {"request": {**HELLO, "model": "new"}, "draft": draft}).status_code == 200
    assert (Route.objects.count(), RouteTarget.objects.count()) == before


def test_whatever_is_asked_the_page_shows_it_as_text(admin_client: Client) -> None:
    draft = json.dumps({"routes": [{"name": "smart", "targets": [{"model": HTML, "team": HTML}]}]})
    shown = [
        admin_client.get(PAGE, {"model": HTML, "log": HTML}),
        admin_client.post(PAGE, {"model": HTML, "text": HTML, "api_key": HTML, "session": HTML, "raw": HTML}),
        admin_client.post(PAGE, {"model": "smart", "draft": draft}),
        admin_client.post(PAGE, {"raw": json.dumps({"model": HTML, "messages": []})}),
    ]
    for reply in shown:
        html = reply.content.decode()
        assert reply.status_code == 200
        assert "<img src=x" not in html and "<script>alert" not in html
        assert "no-store" in reply.headers["Cache-Control"]
