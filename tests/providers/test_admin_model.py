"""The catalogue in the admin: facts with their sources, prices, and what an admin sets or clears."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from providers.findings import record_models
from providers.listed import ListedModel
from providers.models import Model, Provider
from providers.vendors import vendor

LIST = "/admin/providers/model/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def big() -> Model:
    provider = Provider.objects.create(name="acme", vendor="openai_compatible", dispatch="pooled")
    listed = ListedModel(id="big", context_window=100, tools=True, price={"input": Decimal("2.5")})
    record_models(provider.pk, vendor("openai_compatible"), [listed])
    return Model.objects.get(model_id="big")


def save(client: Client, model: Model, **changed: Any) -> Model:
    """Posts the form as it stands, with some fields changed."""
    form = client.get(f"{LIST}{model.pk}/change/").context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    posted = {name: value for name, value in {**data, **changed}.items() if value is not None and value is not False}
    assert client.post(f"{LIST}{model.pk}/change/", posted).status_code == 302
    return Model.objects.get(pk=model.pk)


def test_saving_what_is_shown_leaves_the_facts_to_the_vendor(admin_client: Client, big: Model) -> None:
    saved = save(admin_client, big)
    assert (saved.context_window, saved.tools, saved.sources) == (100, True, big.sources)


def test_what_an_admin_sets_is_theirs_until_they_clear_it(admin_client: Client, big: Model) -> None:
    mine = save(admin_client, big, context_window="7", mode="embedding")
    assert (mine.context_window, mine.mode) == (7, "embedding")
    assert (mine.sources["context_window"], mine.sources["mode"]) == ("admin", "admin")
    record_models(big.provider_id, vendor("openai_compatible"), [ListedModel(id="big", context_window=300)])
    assert Model.objects.get(pk=big.pk).context_window == 7
    back = save(admin_client, mine, context_window="", mode="")
    assert (back.context_window, back.mode) == (300, "chat")
    assert (back.sources["context_window"], back.sources["mode"]) == ("vendor", "guess")


def test_the_page_tells_prices_and_sources(admin_client: Client, big: Model) -> None:
    page = admin_client.get(f"{LIST}{big.pk}/change/").content.decode()
    assert "input $2.5" in page and "from the vendor&#x27;s list" in page.lower().replace("&#39;", "&#x27;")
    save(admin_client, big, price_input="1.25", price_output="0")
    html = admin_client.get(LIST).content.decode()
    assert "$1.25 → $0" in html and "set here" in html
    assert "Unknown." in page


def test_a_negative_price_is_refused(admin_client: Client, big: Model) -> None:
    answer = admin_client.post(
        f"{LIST}{big.pk}/change/", {"provider": big.provider_id, "model_id": "big", "price_input": "-1"}
    )
    assert answer.status_code == 200 and "price_input" in answer.context["adminform"].form.errors


def test_a_model_may_be_added_by_hand(admin_client: Client, big: Model) -> None:
    page = admin_client.get(f"{LIST}add/")
    assert page.status_code == 200
    posted = {"provider": big.provider_id, "model_id": "own-embedder", "enabled": "on", "context_window": "5"}
    assert admin_client.post(f"{LIST}add/", posted).status_code == 302
    made = Model.objects.get(model_id="own-embedder")
    assert (made.mode, made.context_window, made.vision) == ("embedding", 5, None)
    assert made.sources == {"mode": "guess", "context_window": "admin"}
