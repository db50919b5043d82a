"""Asking what would happen, in a process that does not serve and in one that does."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import runtime as running
from gateway.explain.asking import ask, example_name, foresee, would_happen
from gateway.ledger import Ledger
from gateway.models import RouteTarget
from gateway.routing.explain import Asked
from gateway.runtime import Runtime
from providers.catalogue import Catalogue
from providers.models import Model
from tests.gateway.harness import provider
from tests.gateway.test_admin_routes import add_provider, add_route

pytestmark = pytest.mark.django_db
HELLO = {"model": "smart", "messages": [{"role": "user", "content": "Hello"}]}


def test_the_answer_is_plain_json_with_prices_as_numbers() -> None:
    add_route("smart", (add_provider("openai", "gpt-4o"), "gpt-4o"))
    Model.objects.update(price_input="2.50", price_output="10")
    answer = ask(Asked(body=HELLO))
    assert answer["error"] is None
    [target] = answer["story"]["targets"]
    assert (target["provider"], target["model"]) == ("openai", "gpt-4o")
    assert target["price"] == {"input": 2.5, "output": 10}


def test_what_the_app_would_get_is_told_as_an_error() -> None:
    found = foresee(Asked(body={**HELLO, "model": "nothing-such"}), note="")
    assert found.plan is None and found.error is not None and found.error["code"] == "model_not_found"
    assert foresee(Asked(body={"messages": []}), note="").error is not None


def test_the_serving_runtime_is_asked_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(ledger=Ledger(tmp_path / "journal", consumers=[], segment_bytes=1 << 20, fsync_ms=1000))
    add_route("smart", (add_provider("openai", "gpt-4o"), "gpt-4o"))
    runtime.snapshots.refresh()
    RouteTarget.objects.update(model="gpt-4o-mini")
    monkeypatch.setattr(running, "_running", runtime)
    assert ask(Asked(body=HELLO))["story"]["targets"][0]["model"] == "gpt-4o"  # as it serves, not as it is stored
    runtime.snapshots.refresh()
    assert ask(Asked(body=HELLO))["story"]["targets"][0]["model"] == "gpt-4o-mini"


def test_a_wildcard_is_tried_with_a_known_model_or_an_example() -> None:
    known = Catalogue(providers={"openai": provider("openai", models=["gpt-4o", "gpt-4o-mini"])})
    assert example_name("gpt-*-mini", known) == "gpt-4o-mini"
    assert example_name("x-*", known) == "x-example"
    assert example_name("plain", known) == "plain"


def test_a_disabled_route_is_not_asked_about() -> None:
    found = would_happen(add_route("smart", enabled=False), Catalogue())
    assert found.plan is None and found.error is None and "disabled" in found.note
