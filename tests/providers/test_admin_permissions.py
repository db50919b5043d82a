"""Every lever of the admin around routing, tokens and breakers: by POST, with the CSRF mark, for who may change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from gateway.celery import app as celery_app
from gateway.models import Route, RouteTarget, RoutingSettings
from providers.models import BreakerState, Provider, ProviderEvent, Role, Token, TokenState

PROVIDER, TOKEN, ROUTE = "/admin/providers/provider/", "/admin/providers/token/", "/admin/gateway/route/"
SETTINGS = "/admin/gateway/routingsettings/1/change/"
HTML = "\"><img src=x onerror=alert(1)>'</script><script>alert(2)</script>"
pytestmark = pytest.mark.django_db


class Cast(NamedTuple):
    """Two providers with a token each; the first's breaker is open, and a route leads to it."""

    provider: Provider
    token: Token
    other: Provider
    others_token: Token
    route: Route


@pytest.fixture
def tasks() -> Iterator[Callable[[], int]]:
    """How many tasks were handed to the broker since the last look."""
    with celery_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("celery")
        yield queue.clear
        queue.clear()
        queue.close()


@pytest.fixture
def cast() -> Cast:
    one, two = (Provider.objects.create(name=name, vendor=name, dispatch="pooled") for name in ("openai", "groq"))
    first, second = (Token.objects.create(provider=row, secret=f"sk-{row.name}-0123456789") for row in (one, two))
    now = timezone.now()
    BreakerState.objects.create(provider=one, state="open", until=now + timedelta(minutes=5), changed_at=now)
    TokenState.objects.create(token=first, health="suspended", updated_at=now, changed_at=now)
    route = Route.objects.create(name="smart")
    RouteTarget.objects.create(route=route, provider=one, model="gpt-4o")
    Role.objects.create(provider=one, name="fast", model_id="gpt-4o")
    return Cast(one, first, two, second, route)


def levers(cast: Cast) -> list[tuple[str, dict[str, Any]]]:
    """Address and form of everything that acts."""
    provider, token, route = f"{PROVIDER}{cast.provider.pk}/", f"{TOKEN}{cast.token.pk}/", f"{ROUTE}{cast.route.pk}/"
    chosen = {"_selected_action": [cast.token.pk]}
    rows = {"_selected_action": [cast.provider.pk]}
    routes = {"_selected_action": [cast.route.pk]}
    return [
        *((f"{provider}do/{word}/", {}) for word in ("test", "fetch", "enable", "disable", "close_breaker")),
        *((f"{token}do/{word}/", {"rest": "600"}) for word in ("test", "healthy", "back", "rest")),
        (f"{token}retire/", {"confirmed": "yes"}),
        (f"{token}rotate/", {"new_secret": "sk-stolen-0123456789"}),
        *((f"{route}do/{word}/", {}) for word in ("enable", "disable")),
        *((TOKEN, {"action": word, "confirmed": "yes", **chosen}) for word in (
            "test_selected", "rest_60", "rest_86400", "rotate_selected", "healthy_selected", "retire_selected",
            "enable_selected", "disable_selected", "delete_selected",
        )),
        *((PROVIDER, {"action": word, **rows}) for word in (
            "test_selected", "fetch_selected", "enable_selected", "disable_selected", "exclusive_selected",
            "pooled_selected", "fallback_selected",
        )),
        *((ROUTE, {"action": word, **routes}) for word in ("enable_selected", "disable_selected")),
        (f"{provider}change/", {"name": "openai", "dispatch": "off", "roles-TOTAL_FORMS": 1, "roles-INITIAL_FORMS": 0,
                                "roles-0-name": "evil", "roles-0-model_id": "x"}),
        (f"{token}change/", {"label": "mine"}),
        (f"{route}change/", {"name": "mine", "targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0}),
        (f"{route}delete/", {"post": "yes"}),
        (f"{ROUTE}add/", {"name": "mine", "targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0}),
        (SETTINGS, {"last_resort": "mine"}),
    ]  # fmt: skip


def state() -> list[Any]:
    """All that a lever could have moved."""
    kinds = (Provider, Token, TokenState, BreakerState, ProviderEvent, Role, Route, RouteTarget, RoutingSettings)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def person(*permissions: str, **fields: Any) -> Client:
    user = User.objects.create_user("person", **{"is_staff": True, **fields})
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


SEES = [f"view_{kind}" for kind in ("provider", "token", "role", "route", "routetarget", "routingsettings", "model")]


Tasks = Callable[[], int]


def test_each_lever_does_move_something_for_who_may(admin_client: Client, cast: Cast, tasks: Tasks) -> None:
    idle = {"enable", "rest_60", "rest_86400", "delete", "change", "add"}  # on or out anyway; asks first; unfilled
    for address, form in levers(cast):
        before = state()
        tasks()
        admin_client.post(address, form)
        word = form.get("action") or address.rstrip("/").rpartition("/")[2]
        assert state() != before or tasks() or word.removesuffix("_selected") in idle, (address, word)


def test_who_may_only_look_moves_nothing(cast: Cast, tasks: Tasks) -> None:
    client, before = person(*SEES), state()
    tasks()
    for address, form in levers(cast):
        status = client.post(address, form).status_code
        assert status == (200 if address in (PROVIDER, TOKEN, ROUTE) else 403), address  # a list without its actions
        assert state() == before and not tasks(), address


def test_who_only_looks_is_shown_no_lever(cast: Cast) -> None:
    client = person(*SEES)
    for address in (PROVIDER, TOKEN, ROUTE, *(f"{root}{row.pk}/change/" for root, row in
                    ((PROVIDER, cast.provider), (TOKEN, cast.token), (ROUTE, cast.route))), SETTINGS):  # fmt: skip
        reply = client.get(address)
        html = reply.content.decode()
        assert reply.status_code == 200, address
        assert "/do/" not in html and "/retire/" not in html and "/rotate/" not in html, address
        assert 'name="_save"' not in html, address


def test_strangers_and_people_who_are_no_staff_move_nothing(cast: Cast, tasks: Tasks) -> None:
    before = state()
    tasks()
    for client in (Client(), person("change_provider", "change_token", "change_route", is_staff=False)):
        for address, form in levers(cast):
            reply = client.post(address, form)
            assert (reply.status_code, reply.url.split("?")[0]) == (302, "/admin/login/"), address  # type: ignore[attr-defined]
        assert state() == before and not tasks()


def test_a_foreign_page_moves_nothing(cast: Cast, tasks: Tasks) -> None:
    client, before = Client(enforce_csrf_checks=True), state()
    tasks()
    client.force_login(User.objects.create_superuser("root"))
    for address, form in levers(cast):
        assert client.post(address, form).status_code == 403, address
        assert state() == before and not tasks(), address


def test_a_link_moves_nothing(admin_client: Client, cast: Cast, tasks: Tasks) -> None:
    before = state()
    tasks()
    for address, form in levers(cast):
        status = admin_client.get(address, form).status_code
        assert status == 405 if "/do/" in address else status in (200, 302), address
        assert state() == before and not tasks(), address


def test_permission_for_one_kind_is_none_for_another(cast: Cast) -> None:
    client, before = person(*SEES, "change_route", "change_model", "change_role"), state()
    for address, form in levers(cast):
        if "/providers/" in address or "routingsettings" in address:
            client.post(address, form)
            assert state() == before, address


def test_a_token_of_another_provider_cannot_be_smuggled_into_a_providers_form(admin_client: Client, cast: Cast) -> None:
    form = {
        "name": "openai", "dispatch": "pooled", "priority": 100, "weight": 1, "smallest_pool": 0,
        "connect_timeout": 10, "first_byte_timeout": 300, "silence_timeout": 120, "total_timeout": 1800,
        "roles-TOTAL_FORMS": 0, "roles-INITIAL_FORMS": 0,
        "tokens-TOTAL_FORMS": 1, "tokens-INITIAL_FORMS": 1, "tokens-0-id": cast.others_token.pk,
        "tokens-0-provider": cast.provider.pk, "tokens-0-label": "mine", "tokens-0-DELETE": "on",
    }  # fmt: skip
    admin_client.post(f"{PROVIDER}{cast.provider.pk}/change/", form)
    kept = Token.objects.get(pk=cast.others_token.pk)
    assert (kept.provider_id, kept.label) == (cast.other.pk, "")


def test_closing_a_breaker_closes_that_providers_only(admin_client: Client, cast: Cast) -> None:
    admin_client.post(f"{PROVIDER}{cast.other.pk}/do/close_breaker/", {"breaker": ""})
    assert BreakerState.objects.get().state == "open"


@pytest.mark.parametrize("odd", ["0", "-1", "abc", "9" * 30, "%00", "1%2F..%2F2", "²"])
def test_an_odd_id_is_nobody(admin_client: Client, cast: Cast, odd: str) -> None:
    before = state()
    for address in (f"{PROVIDER}{odd}/do/close_breaker/", f"{TOKEN}{odd}/do/rest/", f"{ROUTE}{odd}/do/disable/"):
        assert admin_client.post(address, {"rest": "600"}).status_code in (302, 404)
    for address in (f"{TOKEN}{odd}/retire/", f"{TOKEN}{odd}/rotate/"):
        assert admin_client.post(address, {"confirmed": "yes"}).status_code in (302, 404)
    assert admin_client.get(f"{ROUTE}names/?provider={odd}").status_code == 200
    assert state() == before


def test_a_number_as_long_as_an_address_may_be_is_no_provider(admin_client: Client) -> None:
    assert admin_client.get(f"{ROUTE}names/?provider={'9' * 5000}").status_code == 200


def test_names_and_reasons_that_vendors_and_apps_made_up_are_shown_as_text(admin_client: Client, cast: Cast) -> None:
    now = timezone.now()
    BreakerState.objects.create(provider=cast.provider, model=HTML, state="open", reason=HTML, until=now)
    BreakerState.objects.filter(model="").update(reason=HTML)
    odd = dict.fromkeys(("requests_left", "requests_limit", "usage_limit", "at", "resets_at"), HTML)
    TokenState.objects.filter(token=cast.token).update(reason=HTML, quota={"usage_left": 5, **odd})
    for kind in ("token", "breaker", "pool"):
        token = cast.token if kind == "token" else None
        ProviderEvent.objects.create(
            at=now, kind=kind, provider=cast.provider, token=token,
            model=HTML, before=HTML[:20], after=HTML[:20], reason=HTML,
        )  # fmt: skip
    cast.provider.models.create(model_id=HTML, mode="chat", enabled=True)
    Role.objects.update(model_id=HTML, parameters={"stop": HTML})
    RouteTarget.objects.update(model=HTML)
    Route.objects.update(name=HTML.replace(" ", ""), description=HTML, context_fallback=HTML, content_fallback=HTML)
    for address in (
        "/admin/", PROVIDER, TOKEN, ROUTE, f"{PROVIDER}{cast.provider.pk}/change/", f"{TOKEN}{cast.token.pk}/change/",
        f"{ROUTE}{cast.route.pk}/change/", f"{ROUTE}{cast.route.pk}/delete/", f"{ROUTE}{cast.route.pk}/history/",
        f"/admin/routing/explain/?route={cast.route.pk}", SETTINGS,
    ):  # fmt: skip
        html = admin_client.get(address).content.decode()
        assert "<img src=x" not in html and "<script>alert" not in html, address
    html = admin_client.post(
        f"{PROVIDER}{cast.provider.pk}/do/close_breaker/", {"breaker": HTML}, follow=True
    ).content.decode()
    assert "&lt;img src=x" in html and "<img src=x" not in html
