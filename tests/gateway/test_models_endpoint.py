"""``/v1/models``: what may be called and what is known of it, encoded once."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from gateway.api.models import MOST_KEPT, listing
from gateway.routing.compiled import CompiledRoute, RoutePlace
from gateway.snapshot import Snapshot
from providers.catalogue import Catalogue
from providers.facts import Capabilities, ModelFacts, PriceFacts
from tests.gateway.harness import SECRET, completion, gateway, key_facts, provider, reply

FACTS = ModelFacts(
    mode="chat",
    context_window=200_000,
    max_output=64_000,
    capabilities=Capabilities(vision=True, tools=False, embeddings=False),
    price=PriceFacts(input=Decimal("0.1"), output=Decimal(2), source="shipped"),
)


async def nobody(request: httpx.Request) -> httpx.Response:
    return reply(completion())


UNKNOWN: dict[str, Any] = dict.fromkeys(
    ("vision", "tools", "reasoning", "structured_output", "audio", "streaming", "embeddings")
)


async def test_openai_s_fields_stand_beside_what_is_known(tmp_path: Path) -> None:
    async with gateway(tmp_path, nobody, provider(models=["m1"], facts={"m1": FACTS})) as one:
        got = (await one.call("/v1/models", method="GET")).json
    assert got["object"] == "list"
    auto, *models = got["data"]
    assert (auto["id"], auto["owned_by"], auto["mode"]) == ("auto", "switchboard", "chat")
    assert models == [
        {
            "id": "m1",
            "object": "model",
            "created": got["data"][0]["created"],
            "owned_by": "acme",
            "mode": "chat",
            "context_window": 200_000,
            "max_output": 64_000,
            "dimensions": None,
            "capabilities": {**UNKNOWN, "vision": True, "tools": False, "embeddings": False},
            "price": {
                "input": 0.1,
                "output": 2,
                **dict.fromkeys(("cached_input", "cache_write", "reasoning", "audio_input", "audio_output", "request")),
                "unit": "usd_per_million",
                "source": "shipped",
            },
        }
    ]


async def test_one_model_under_any_of_its_names(tmp_path: Path) -> None:
    first = provider("acme", models=["m1"], facts={"m1": FACTS}, priority=1)
    second = provider("other", models=["m1", "m2"], priority=2)
    async with gateway(tmp_path, nobody, first, second) as one:
        for name, owner, window in (
            ("m1", "acme", 200_000),
            ("acme:m1", "acme", 200_000),
            ("ext-acme-m1", "acme", 200_000),
            ("other/m1", "other", None),
            ("other:never-listed", "other", None),
        ):
            got = (await one.call(f"/v1/models/{name}", method="GET")).json
            assert (got["id"], got["owned_by"], got["context_window"]) == (name, owner, window)
            assert got["capabilities"].keys() == UNKNOWN.keys()


async def test_a_key_sees_what_it_may_call(tmp_path: Path) -> None:
    keys = {SECRET: key_facts(allowed_models=("acme:m2",))}
    providers = [
        provider("acme", models=["m1", "m2"], facts={"m2": FACTS}),
        provider("other", models=["m2"], priority=1),
    ]
    async with gateway(tmp_path, nobody, *providers, keys=keys) as one:
        (got,) = (await one.call("/v1/models", method="GET")).json["data"]
        assert (got["id"], got["owned_by"], got["context_window"]) == ("m2", "acme", 200_000)
        assert (await one.call("/v1/models/m1", method="GET")).status == 404


def test_a_list_is_made_once_and_kept_for_a_catalogue_s_life() -> None:
    acme = provider(models=["m1", "m2"])
    snapshot = Snapshot(catalogue=Catalogue(providers={"acme": acme}))
    everything = listing(snapshot, key_facts())
    assert listing(snapshot, key_facts()) is everything
    assert listing(snapshot, key_facts(allowed_models=("m1",))) != everything
    changed = Snapshot(catalogue=snapshot.catalogue.patched([replace(acme, models=frozenset({"m3"}))], ()))
    assert b"m3" in listing(changed, key_facts())
    for number in range(2 * MOST_KEPT):
        listing(snapshot, key_facts(allowed_models=(f"m{number}*",)))
    assert len(snapshot.kept) <= MOST_KEPT


async def test_routes_are_listed_with_what_their_first_target_is_known_to_be(tmp_path: Path) -> None:
    acme = provider("acme", models=["m1"], facts={"m1": FACTS})
    routes = [
        CompiledRoute(name=name, targets=(RoutePlace(provider_id=where, model="m1"),))
        for name, where in (("smart", acme.id), ("m1", acme.id), ("gpt-*", acme.id), ("nowhere", 999))
    ]
    async with gateway(tmp_path, nobody, acme, routes=routes) as one:
        got = (await one.call("/v1/models", method="GET")).json["data"]
        assert [(row["id"], row["owned_by"], row["context_window"]) for row in got] == [
            ("auto", "switchboard", None),
            ("m1", "switchboard", 200_000),
            ("smart", "switchboard", 200_000),
        ]
        for name, status in (("smart", 200), ("auto:code", 200), ("gpt-5", 200), ("nowhere", 404)):
            assert (await one.call(f"/v1/models/{name}", method="GET")).status == status, name


def test_thousands_of_models_are_listed_in_no_time() -> None:
    names = [f"vendor/model-{number}" for number in range(5000)]
    catalogue = Catalogue(providers={"acme": provider(models=names, facts=dict.fromkeys(names, FACTS))})
    snapshot = Snapshot(catalogue=catalogue)
    listing(snapshot, key_facts())
    started = time.perf_counter()
    body = listing(snapshot, key_facts())
    assert time.perf_counter() - started < 0.01
    assert body.count(b'"object":"model"') == 5001  # and auto
