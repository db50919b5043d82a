"""Dispatch modes in the admin: shown, set, locked by the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from providers.models import ConfigVersion, Provider
from tests.providers.test_admin_provider import LIST, form_data, page, viewer

ENVIRONMENT: dict[str, str] = {}

pytestmark = pytest.mark.django_db


def environment() -> Mapping[str, str]:
    return ENVIRONMENT


@pytest.fixture(autouse=True)
def _environment(settings: Any) -> Iterator[None]:
    settings.PROVIDER_ENVIRON = f"{__name__}.environment"
    ENVIRONMENT.clear()
    yield
    ENVIRONMENT.clear()


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")


def stored() -> str:
    return Provider.objects.get(name="anthropic").dispatch


def chosen(html: str) -> tuple[list[str], str, bool]:
    """Of the page's field: the modes to choose from, the one that is chosen, and whether it is locked."""
    field = re.search(r'<select[^>]*name="dispatch"[^>]*>.*?</select>', html, re.DOTALL)
    assert field
    modes = re.findall(r'<option value="(\w+)"', field[0])
    now = re.findall(r'<option value="(\w+)" selected', field[0])
    return modes, now[0], re.search(r"\sdisabled(\s|>|$)", field[0].split(">")[0]) is not None


def act(client: Client, action: str, *rows: Provider) -> str:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(LIST, data, follow=True).content.decode()


def test_the_mode_is_set_on_the_page_with_its_share_and_limits(admin_client: Client, provider: Provider) -> None:
    html = admin_client.get(page(provider)).content.decode()
    assert chosen(html) == (["off", "exclusive", "pooled", "fallback"], "pooled", False)
    assert html.index('name="dispatch"') < html.index('name="name"') < html.index('name="weight"')
    shares = {"priority": "50", "weight": "3", "max_in_flight": "8", "smallest_pool": "2"}
    assert admin_client.post(page(provider), form_data(dispatch="exclusive", **shares)).status_code == 302
    row = Provider.objects.get()
    assert (row.dispatch, row.priority, row.weight, row.max_in_flight, row.smallest_pool) == ("exclusive", 50, 3, 8, 2)
    html = admin_client.post(page(provider), form_data(weight="0")).content.decode()
    assert "greater than or equal to 1" in html


def test_the_list_shows_the_mode_in_force_and_finds_by_it(admin_client: Client, provider: Provider) -> None:
    Provider.objects.create(name="openrouter", vendor="openrouter")
    ENVIRONMENT.update(OPENROUTER_ENABLED="1")
    html = admin_client.get(LIST).content.decode()
    assert re.search(r'anthropic <span class="sb-chip sb-green" title="Pooled:[^"]*">pooled<', html)
    assert re.search(r'openrouter <span class="sb-chip sb-grey" title="Fallback:[^"]*">fallback<', html)
    Provider.objects.create(name="aaa", vendor="openai")
    html = admin_client.get(LIST).content.decode()
    assert html.index('sb-strong">openrouter') > html.index('sb-strong">anthropic')
    assert html.index('sb-strong">aaa<') > html.index('sb-strong">anthropic')  # what is on comes first
    shown = {
        mode: set(re.findall(r'sb-strong">(\w+)[ <]', admin_client.get(f"{LIST}?mode={mode}").content.decode()))
        for mode in ("off", "pooled", "fallback", "exclusive")
    }
    assert shown == {"off": {"aaa"}, "pooled": {"anthropic"}, "fallback": {"openrouter"}, "exclusive": set()}


def test_enabling_sets_the_usual_mode_and_leaves_what_is_on(admin_client: Client, provider: Provider) -> None:
    router = Provider.objects.create(name="openrouter", vendor="openrouter")
    openai = Provider.objects.create(name="openai", vendor="openai")
    Provider.objects.filter(pk=provider.pk).update(dispatch="exclusive")
    html = act(admin_client, "enable_selected", provider, router, openai)
    assert dict(Provider.objects.values_list("name", "dispatch")) == {
        "anthropic": "exclusive",
        "openrouter": "fallback",
        "openai": "pooled",
    }
    assert "Enabled: openrouter." in html
    act(admin_client, "disable_selected", provider, router)
    assert dict(Provider.objects.values_list("name", "dispatch")) == {
        "anthropic": "off",
        "openrouter": "off",
        "openai": "pooled",
    }
    assert "Disabled" in admin_client.get(LIST).content.decode()
    admin_client.post(f"{LIST}{router.pk}/do/enable/")
    assert Provider.objects.get(name="openrouter").dispatch == "fallback"


@pytest.mark.parametrize("mode", ["exclusive", "pooled", "fallback"])
def test_a_selection_is_set_to_a_mode_at_once(admin_client: Client, provider: Provider, mode: str) -> None:
    other = Provider.objects.create(name="openai", vendor="openai")
    before = ConfigVersion.bump("test")
    html = act(admin_client, f"{mode}_selected", provider, other)
    assert set(Provider.objects.values_list("dispatch", flat=True)) == {mode}
    assert f"Set to {mode}: anthropic, openai." in html
    assert ConfigVersion.objects.get().value == before + 1
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {f"Set to {mode}."}


@pytest.mark.parametrize(
    ("environ", "locked_as"),
    [({"ANTHROPIC_DISPATCH": "fallback"}, "fallback"), ({"ANTHROPIC_ENABLED": "0"}, "off")],
)
def test_what_the_environment_decides_is_locked_and_not_stored(
    admin_client: Client, provider: Provider, environ: dict[str, str], locked_as: str
) -> None:
    ENVIRONMENT.update(environ)
    (variable,) = environ
    html = admin_client.get(page(provider)).content.decode()
    assert chosen(html)[1:] == (locked_as, True)
    assert f"Set by <code>{variable}</code>" in html
    assert admin_client.post(page(provider), form_data(dispatch="exclusive")).status_code == 302
    assert stored() == "pooled"
    assert f"{variable} decides this" in act(admin_client, "exclusive_selected", provider)
    assert stored() == "pooled"


def test_a_provider_the_environment_switches_on_may_be_set_to_any_mode_but_off(
    admin_client: Client, provider: Provider
) -> None:
    Provider.objects.update(dispatch="off")
    ENVIRONMENT.update(ANTHROPIC_ENABLED="1")
    html = admin_client.get(page(provider)).content.decode()
    assert chosen(html) == (["exclusive", "pooled", "fallback"], "pooled", False)
    assert "Switched on by <code>ANTHROPIC_ENABLED</code>" in html
    admin_client.post(page(provider), form_data(dispatch="pooled", base_url="http://mine/v1"))
    assert stored() == "off"  # with the variable gone the row says again what it said
    assert admin_client.post(page(provider), form_data(dispatch="off")).status_code == 200
    admin_client.post(page(provider), form_data(dispatch="exclusive"))
    assert stored() == "exclusive"
    assert "ANTHROPIC_ENABLED decides this" in act(admin_client, "disable_selected", provider)
    assert stored() == "exclusive"


def test_a_contradiction_in_the_environment_is_told_on_the_page(admin_client: Client, provider: Provider) -> None:
    ENVIRONMENT.update(ANTHROPIC_ENABLED="0", ANTHROPIC_DISPATCH="pooled")
    html = admin_client.get(page(provider)).content.decode()
    assert "ANTHROPIC_DISPATCH: it switches the provider on, and ANTHROPIC_ENABLED switches it off." in html
    assert chosen(html)[1:] == ("pooled", True)
    assert "Misconfigured" in admin_client.get(LIST).content.decode()


def test_a_second_account_begins_with_its_vendors_priority(admin_client: Client) -> None:
    html = admin_client.get(f"{LIST}add/?vendor=openrouter").content.decode()
    assert re.search(r'name="priority"[^>]*value="200"|value="200"[^>]*name="priority"', html)
    admin_client.post(f"{LIST}add/?vendor=openrouter", form_data(name="router_2", dispatch="fallback", priority="200"))
    assert Provider.objects.get(name="router_2").dispatch == "fallback"


def test_a_viewer_sees_the_mode_and_cannot_set_it(provider: Provider) -> None:
    client = viewer("view_provider")
    html = client.get(page(provider)).content.decode()
    assert ">pooled<" in html and 'name="dispatch"' not in html
    client.post(LIST, {"action": "exclusive_selected", "_selected_action": str(provider.pk)})
    assert stored() == "pooled"
