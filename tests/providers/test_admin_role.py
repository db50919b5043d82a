"""Roles on a provider's page: written, refused with a reason, and what is shipped beneath them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from providers.compiling import compile_provider
from providers.models import ConfigVersion, Model, Provider, Role
from providers.shipped import ship_models
from tests.providers.test_admin_provider import form_data, page, viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    made = Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")
    ship_models(made)
    return made


def typed(*rows: tuple[str, str, str]) -> dict[str, str]:
    """The form with these rows: name, model, parameters."""
    fields = {"roles-TOTAL_FORMS": str(len(rows))}
    for number, (name, model, parameters) in enumerate(rows):
        fields |= {f"roles-{number}-name": name, f"roles-{number}-model_id": model}
        fields[f"roles-{number}-parameters"] = parameters
    return form_data(**fields)


def shipped(html: str) -> dict[str, str]:
    part = html.split("Shipped roles in force")[1].split("</dl>")[0]
    return dict(re.findall(r"<dt[^>]*>(\w+)</dt><dd[^>]*><span[^>]*>([^<]+)<", part))


def test_the_shipped_roles_stand_beneath_with_their_origin(admin_client: Client, provider: Provider) -> None:
    html = admin_client.get(page(provider)).content.decode()
    assert shipped(html) == {
        "default": "claude-sonnet-5-5",
        "smart": "claude-fable-5-1",
        "fast": "claude-haiku-5-5",
        "cheap": "claude-haiku-5-5",
        "code": "claude-opus-5-5",
        "creative": "claude-fable-5-1",
        "large": "claude-sonnet-5-5",
    }
    assert "named by the vendor&#x27;s file" in html and "the lowest price that is known" in html


def test_a_role_is_written_and_replaces_the_shipped_one(admin_client: Client, provider: Provider) -> None:
    before = ConfigVersion.bump("test")
    data = typed(("fast", "claude-haiku-4-5", '{"temperature": 0.2, "stop": ["x"]}'), ("plain", "claude-opus-5", ""))
    assert admin_client.post(page(provider), data).status_code == 302
    rows = {row.name: (row.model_id, row.parameters) for row in Role.objects.all()}
    assert rows == {
        "fast": ("claude-haiku-4-5", {"temperature": 0.2, "stop": ["x"]}),
        "plain": ("claude-opus-5", {}),
    }
    assert ConfigVersion.objects.get().value > before
    assert "fast" not in shipped(admin_client.get(page(provider)).content.decode())
    assert compile_provider(provider.pk, {}).roles["fast"].model == "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("role", "told"),
    [
        (("fast", "m", '{"temperature": 3}'), "temperature: a number from 0 to 2."),
        (("fast", "m", '{"colour": "red"}'), "colour is no parameter that can have a default"),
        (("fast", "m", "temperature=1"), "Write an object in JSON"),
        (("fast", "m", "[]"), "Write an object: names and values."),
        (("fast", "m", "0"), "Write an object: names and values."),
        (("Fast one", "m", ""), "Small letters, digits, - and _"),
        (("fast", "a model", ""), "The id of a model holds no blanks."),
        (("fast", "", ""), "This field is required."),
    ],
)
def test_a_role_that_cannot_be_is_refused_with_its_reason(
    admin_client: Client, provider: Provider, role: tuple[str, str, str], told: str
) -> None:
    reply = admin_client.post(page(provider), typed(role))
    assert reply.status_code == 200
    assert told in reply.content.decode().replace("&quot;", '"')
    assert not Role.objects.exists()


@pytest.mark.parametrize("second", ["my-role", "my_role"])
def test_two_names_that_calls_cannot_tell_apart_are_refused(
    admin_client: Client, provider: Provider, second: str
) -> None:
    reply = admin_client.post(page(provider), typed(("my_role", "a", ""), (second, "b", "")))
    assert reply.status_code == 200
    assert not Role.objects.exists()


def test_a_role_is_changed_and_deleted(admin_client: Client, provider: Provider) -> None:
    row = Role.objects.create(provider=provider, name="fast", model_id="a", parameters={"temperature": 1})
    kept = {"roles-INITIAL_FORMS": "1", "roles-0-id": str(row.pk), "roles-0-provider": str(provider.pk)}
    admin_client.post(page(provider), typed(("fast", "b", "")) | kept)
    row.refresh_from_db()
    assert (row.model_id, row.parameters) == ("b", {})
    admin_client.post(page(provider), typed(("fast", "b", "")) | kept | {"roles-0-DELETE": "on"})
    assert not Role.objects.exists()


def test_what_a_role_hides_and_misses_is_told(admin_client: Client, provider: Provider) -> None:
    Model.objects.filter(model_id="claude-opus-5").update(enabled=False)
    Role.objects.create(provider=provider, name="claude-haiku-4-5", model_id="claude-opus-5")
    Role.objects.create(provider=provider, name="odd", model_id="never-heard-of")
    html = admin_client.get(page(provider)).content.decode()
    assert "hides the model claude-haiku-4-5: anthropic:claude-haiku-4-5 is the role" in html
    assert "claude-opus-5, which is disabled in the catalogue" in html
    assert "never-heard-of, which the catalogue does not know" in html


def test_models_are_suggested_and_disabled_ones_are_not(admin_client: Client, provider: Provider) -> None:
    Model.objects.filter(model_id="claude-opus-5").update(enabled=False)
    Model.objects.create(provider=provider, model_id='"><script>', mode="chat")
    html = admin_client.get(page(provider)).content.decode()
    suggested = re.findall(r'<option value="([^"]*)"></option>', html)
    assert "claude-sonnet-5-5" in suggested and "claude-opus-5" not in suggested
    assert "&quot;&gt;&lt;script&gt;" in suggested
    assert 'list="provider-models"' in html


def test_a_viewer_of_providers_alone_writes_no_roles(provider: Provider) -> None:
    client = viewer("view_provider", "change_provider")
    client.post(page(provider), typed(("fast", "a", "")))
    assert not Role.objects.exists()
