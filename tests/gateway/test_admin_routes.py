"""Routes and the routing settings in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gateway.models import ApiKey, Route, RouteTarget, RoutingSettings
from providers.models import Model, Provider, Token

LIST = "/admin/gateway/route/"
SETTINGS = "/admin/gateway/routingsettings/"
pytestmark = pytest.mark.django_db


def add_provider(name: str, *models: str, **fields: Any) -> Provider:
    row = Provider.objects.create(name=name, vendor=name, **{"dispatch": "pooled", **fields})
    Token.objects.create(provider=row, secret=f"sk-{name}")
    for model in models:
        Model.objects.create(provider=row, model_id=model, mode="chat")
    return row


def add_route(name: str, *targets: tuple[Provider | None, str], **fields: Any) -> Route:
    route = Route.objects.create(name=name, **fields)
    for position, (provider, model) in enumerate(targets, start=1):
        RouteTarget.objects.create(route=route, position=position, provider=provider, model=model)
    return route


def posted(name: str, *targets: dict[str, Any], initial: int = 0, **fields: Any) -> dict[str, Any]:
    """What the browser sends for a route's form."""
    data: dict[str, Any] = {
        "name": name, "enabled": "on", "strategy": "ordered", "parameters": "{}",
        "targets-TOTAL_FORMS": len(targets), "targets-INITIAL_FORMS": initial, **fields,
    }  # fmt: skip
    for number, target in enumerate(targets):
        data |= {f"targets-{number}-{key}": value for key, value in {"weight": 1, **target}.items()}
    return data


def text(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    reply = client.get(address) if data is None else client.post(address, data, follow=True)
    assert reply.status_code == 200
    return reply.content.decode()


def chain(name: str) -> list[tuple[int, str]]:
    return [(one.position, str(one)) for one in RouteTarget.objects.filter(route__name=name)]


def test_a_route_is_added_with_its_targets_in_the_order_they_stand(admin_client: Client) -> None:
    openai, groq = add_provider("openai", "gpt-4o"), add_provider("groq", "llama-3")
    html = text(
        admin_client,
        f"{LIST}add/",
        posted("smart", {"provider": openai.pk, "model": "gpt-4o"}, {"provider": groq.pk, "model": "llama-3"}),
    )
    assert "was added successfully" in html
    assert chain("smart") == [(1, "openai:gpt-4o"), (2, "groq:llama-3")]


def test_a_new_target_comes_last_and_moved_ones_where_they_were_put(admin_client: Client) -> None:
    openai = add_provider("openai", "a", "b", "c")
    route = add_route("smart", (openai, "a"), (openai, "b"))
    first, second = RouteTarget.objects.all()
    rows = [
        {"id": first.pk, "route": route.pk, "position": 7, "provider": openai.pk, "model": "a"},
        {"id": second.pk, "route": route.pk, "position": 3, "provider": openai.pk, "model": "b"},
        {"route": route.pk, "provider": openai.pk, "model": "c", "when_tools": "false"},
    ]
    text(admin_client, f"{LIST}{route.pk}/change/", posted("smart", *rows, initial=2))
    assert chain("smart") == [(3, "openai:b"), (7, "openai:a"), (8, "openai:c")]
    assert RouteTarget.objects.get(model="c").when_tools is False
    assert RouteTarget.objects.get(model="a").when_tools is None


def test_a_circle_of_names_is_refused(admin_client: Client) -> None:
    add_route("b", (None, "a"))
    html = text(admin_client, f"{LIST}add/", posted("a", {"model": "b"}))
    assert "The names lead in a circle: a → b → a." in html
    assert not Route.objects.filter(name="a").exists()


def test_what_is_odd_is_said_after_saving_on_the_page_and_in_the_list(admin_client: Client) -> None:
    openai = add_provider("openai", "gpt-4o", "gpt-4o-mini")
    off = add_provider("groq", "llama-3", dispatch="off")
    html = text(admin_client, f"{LIST}add/", posted("gpt-4o", {"provider": off.pk, "model": "llama-3"}))
    assert "gpt-4o: None of its targets can be called: calls to it fail." in html
    add_route("fine", (openai, "gpt-4o"))
    pages = [text(admin_client, f"{LIST}{Route.objects.get(name='gpt-4o').pk}/change/"), text(admin_client, LIST)]
    for page in pages:
        assert "It hides the model “gpt-4o” of openai" in page and "the provider groq is off" in page
    assert "1 error" in pages[1] and "2 warnings" in pages[1]


def test_the_list_shows_the_chain_with_weights_and_conditions(admin_client: Client) -> None:
    openai = add_provider("openai", "gpt-4o")
    route = add_route("shared", (openai, "gpt-4o"), (None, "openai:gpt-4o"), strategy="weighted")
    RouteTarget.objects.filter(position=2).update(weight=3, when_images=True, min_input=1000)
    html = text(admin_client, LIST)
    assert "×3" in html and "if images, input ≥ 1,000" in html and route.name in html


def test_the_list_asks_no_more_for_many_routes_than_for_few(admin_client: Client) -> None:
    openai = add_provider("openai", "gpt-4o")

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(admin_client, LIST)
        return len(seen)

    add_route("r0", (openai, "gpt-4o"))
    few = count()
    for number in range(1, 12):
        add_route(f"r{number}", (openai, "gpt-4o"), (None, "r0"))
    assert count() == few


def test_the_page_says_what_would_happen_now(admin_client: Client) -> None:
    openai, groq = add_provider("openai", "gpt-4o"), add_provider("groq", "llama-3")
    route = add_route("smart", (groq, "llama-3"), (openai, "gpt-4o"))
    html = text(admin_client, f"{LIST}{route.pk}/change/")
    assert "What would happen now" in html and "To a short question for “smart”." in html
    picture = html[html.index("What would happen now") :]
    assert picture.index("llama-3") < picture.index("gpt-4o")


def test_a_wildcard_is_shown_by_a_model_that_it_matches(admin_client: Client) -> None:
    route = add_route("gpt-*", (add_provider("openai", "gpt-4o"), "gpt-*"))
    assert "To a short question for “gpt-4o”." in text(admin_client, f"{LIST}{route.pk}/change/")


def test_a_route_that_leads_nowhere_says_what_an_app_would_get(admin_client: Client) -> None:
    route = add_route("lost", (None, "nothing-such"))
    html = text(admin_client, f"{LIST}{route.pk}/change/")
    assert "model_not_found" in html and "does not exist" in html


def test_a_disabled_route_is_said_to_take_no_calls(admin_client: Client) -> None:
    route = add_route("smart", (add_provider("openai", "gpt-4o"), "gpt-4o"), enabled=False)
    assert "Nothing: the route is disabled" in text(admin_client, f"{LIST}{route.pk}/change/")


def test_two_exclusive_providers_of_one_model_are_told_above_the_list_and_the_settings(admin_client: Client) -> None:
    for name in ("openai", "groq"):
        add_provider(name, "m", dispatch="exclusive")
    for address in (LIST, f"{SETTINGS}1/change/"):
        assert "groq and openai are exclusive and all have m" in text(admin_client, address)


def test_names_to_choose_from_are_the_providers_or_all(admin_client: Client) -> None:
    openai = add_provider("openai", "gpt-4o")
    add_provider("groq", "llama-3")
    add_route("smart", (openai, "gpt-4o"))
    at_openai = admin_client.get(f"{LIST}names/?provider={openai.pk}").json()["names"]
    assert "gpt-4o" in at_openai and "llama-3" not in at_openai
    anywhere = admin_client.get(f"{LIST}names/?provider=").json()["names"]
    assert {"smart", "auto", "auto:code", "gpt-4o", "llama-3"} <= set(anywhere)
    assert admin_client.get(f"{LIST}names/?provider=999999").json() == {"names": []}


def test_routes_are_switched_by_button_and_in_bulk(admin_client: Client) -> None:
    route = add_route("smart")
    admin_client.post(f"{LIST}{route.pk}/do/disable/")
    assert not Route.objects.get().enabled
    admin_client.post(LIST, {"action": "enable_selected", "_selected_action": [route.pk]})
    assert Route.objects.get().enabled


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_a_viewer_sees_all_and_changes_nothing() -> None:
    route = add_route("smart", (add_provider("openai", "gpt-4o"), "gpt-4o"))
    client = staff("view_route", "view_routetarget")
    assert "What would happen now" in text(client, f"{LIST}{route.pk}/change/")
    assert client.post(f"{LIST}{route.pk}/do/disable/").status_code == 403
    assert client.post(f"{LIST}{route.pk}/change/", posted("other")).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_who_may_not_see_routes_gets_no_names() -> None:
    assert staff("view_apikey").get(f"{LIST}names/").status_code == 403


# --- the settings --------------------------------------------------------------------------------


def settings_form(client: Client, **changed: Any) -> dict[str, Any]:
    form = client.get(f"{SETTINGS}1/change/").context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**shown, **changed}.items() if value is not None and value is not False}


def test_the_settings_go_straight_to_their_form_and_the_first_save_makes_the_row(admin_client: Client) -> None:
    assert admin_client.get(SETTINGS).headers["Location"] == f"{SETTINGS}1/change/"
    assert "Deadline (seconds)" in text(admin_client, f"{SETTINGS}1/change/")
    assert not RoutingSettings.objects.exists()
    html = text(admin_client, f"{SETTINGS}1/change/", settings_form(admin_client, deadline=90, hedge="on"))
    assert "was changed successfully" in html
    row = RoutingSettings.objects.get()
    assert (row.pk, row.deadline, row.hedge, row.max_attempts) == (1, 90, True, 12)
    text(admin_client, f"{SETTINGS}1/change/", settings_form(admin_client, retries=3))
    assert RoutingSettings.objects.get().retries == 3


def test_the_settings_refuse_what_makes_no_sense(admin_client: Client) -> None:
    html = text(admin_client, f"{SETTINGS}1/change/", settings_form(admin_client, backoff_cap=0.1))
    assert "Not shorter than the first wait" in html
    assert not RoutingSettings.objects.exists()


def test_there_is_one_row_of_settings_and_it_stays(admin_client: Client) -> None:
    assert admin_client.get(f"{SETTINGS}add/").status_code == 403
    assert admin_client.post(f"{SETTINGS}1/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{SETTINGS}2/change/").status_code == 302


# --- API keys ------------------------------------------------------------------------------------


def test_a_key_gets_a_limit_and_a_priority(admin_client: Client) -> None:
    add = "/admin/gateway/apikey/add/"
    form = {"name": "app", "scopes": ["inference"], "enabled": "on"}
    admin_client.post(add, {**form, "max_in_flight": 5, "priority": 0})
    key = ApiKey.objects.get()
    assert (key.max_in_flight, key.priority) == (5, 0)
    assert "At least 1" in admin_client.post(add, {**form, "name": "none", "max_in_flight": 0}).content.decode()
    admin_client.post(add, {**form, "name": "plain"})
    assert ApiKey.objects.get(name="plain").priority == 1
