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
    assert list(Provider.objects.filter(enabled=True).values_list("name", flat=True)) == ["demo"]
    assert Model.objects.filter(provider__name="demo", model_id="demo", source="shipped").exists()


def test_the_simulation_waits_where_a_database_url_is_set() -> None:
    sync_shipped(simulation_enabled=False)
    assert not Provider.objects.filter(enabled=True).exists()


def test_repeating_it_changes_nothing_and_bumps_nothing() -> None:
    sync_shipped(simulation_enabled=True)
    before = ConfigVersion.objects.get(pk=1).value
    sync_shipped(simulation_enabled=True)
    assert ConfigVersion.objects.get(pk=1).value == before


def test_what_an_admin_or_the_vendors_list_has_set_stays() -> None:
    sync_shipped(simulation_enabled=True)
    demo = Provider.objects.get(name="demo")
    Provider.objects.filter(pk=demo.pk).update(enabled=False, base_url="http://other.test")
    Model.objects.filter(model_id="demo").update(enabled=False, context_window=7)
    Model.objects.filter(model_id="demo-fast").update(source="fetched", context_window=None)
    Model.objects.filter(model_id="demo-tools").update(context_window=None)
    sync_shipped(simulation_enabled=True)
    demo.refresh_from_db()
    assert (demo.enabled, demo.base_url) == (False, "http://other.test")
    kept = Model.objects.get(model_id="demo")
    assert (kept.enabled, kept.context_window) == (False, 7)
    assert Model.objects.get(model_id="demo-fast").context_window is None
    assert Model.objects.get(model_id="demo-tools").context_window is not None


def test_a_vendor_file_that_went_away_keeps_its_row() -> None:
    gone = Provider.objects.create(name="gone", vendor="gone", enabled=True)
    sync_shipped(simulation_enabled=True)
    ship_models(gone)
    assert Provider.objects.get(name="gone").enabled


def test_a_second_provider_of_a_vendor_gets_its_models_too() -> None:
    other = Provider.objects.create(name="demo_two", vendor="demo")
    ship_models(other)
    assert Model.objects.filter(provider=other).count() == len(all_vendors()["demo"].models)
