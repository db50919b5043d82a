"""What the vendor files bring along."""

from __future__ import annotations

import pytest

from providers.models import ConfigVersion, Model, Provider
from providers.shipped import ship_models, sync_shipped
from providers.vendors import all_vendors

pytestmark = pytest.mark.django_db


def test_every_vendor_file_is_a_provider_and_only_the_simulation_is_on() -> None:
    sync_shipped(simulation_enabled=True)
    assert set(Provider.objects.values_list("name", flat=True)) == set(all_vendors())
    assert list(Provider.objects.exclude(dispatch="off").values_list("name", "dispatch")) == [("demo", "pooled")]
    assert Model.objects.filter(provider__name="demo", model_id="demo", source="shipped").exists()


def test_the_simulation_waits_where_a_database_url_is_set() -> None:
    sync_shipped(simulation_enabled=False)
    assert not Provider.objects.exclude(dispatch="off").exists()


def test_the_vendors_own_accounts_answer_before_addresses_of_ones_own_and_aggregators() -> None:
    sync_shipped(simulation_enabled=True)
    priorities = dict(Provider.objects.values_list("name", "priority"))
    assert {priorities[name] for name in ("openai", "bedrock", "ollama", "demo")} == {100}
    assert {priorities[name] for name in ("openai_compatible", "lead_worker", "cursor_agent")} == {150}
    assert {priorities[name] for name in ("openrouter", "litellm", "huggingface", "github_copilot")} == {200}


def test_an_aggregator_waits_where_it_is_only_switched_on() -> None:
    usual = {name: Provider(name=name, vendor=name).usual_dispatch for name in ("openai", "openrouter", "litellm")}
    assert usual == {"openai": "pooled", "openrouter": "fallback", "litellm": "fallback"}


def test_repeating_it_changes_nothing_and_bumps_nothing() -> None:
    sync_shipped(simulation_enabled=True)
    before = ConfigVersion.objects.get(pk=1).value
    sync_shipped(simulation_enabled=True)
    assert ConfigVersion.objects.get(pk=1).value == before


def test_what_an_admin_or_the_vendors_list_has_set_stays() -> None:
    sync_shipped(simulation_enabled=True)
    demo = Provider.objects.get(name="demo")
    Provider.objects.filter(pk=demo.pk).update(dispatch="off", priority=7, base_url="http://other.test")
    Model.objects.filter(model_id="demo").update(enabled=False, context_window=7, sources={"context_window": "admin"})
    Model.objects.filter(model_id="demo-fast").update(source="fetched", listed={"context_window": 9})
    Model.objects.filter(model_id="demo-tools").update(context_window=None)
    sync_shipped(simulation_enabled=True)
    demo.refresh_from_db()
    assert (demo.enabled, demo.priority, demo.base_url) == (False, 7, "http://other.test")
    kept = Model.objects.get(model_id="demo")
    assert (kept.enabled, kept.context_window) == (False, 7)
    listed = Model.objects.get(model_id="demo-fast")
    assert (listed.context_window, listed.sources["context_window"]) == (9, "vendor")
    shipped = Model.objects.get(model_id="demo-tools")
    assert shipped.context_window is not None
    assert (shipped.sources["context_window"], shipped.sources["mode"]) == ("shipped", "shipped")


def test_a_vendor_file_that_went_away_keeps_its_row() -> None:
    gone = Provider.objects.create(name="gone", vendor="gone", dispatch="pooled")
    sync_shipped(simulation_enabled=True)
    ship_models(gone)
    assert Provider.objects.get(name="gone").enabled


def test_a_second_provider_of_a_vendor_gets_its_models_too() -> None:
    other = Provider.objects.create(name="demo_two", vendor="demo")
    ship_models(other)
    assert Model.objects.filter(provider=other).count() == len(all_vendors()["demo"].models)
