"""``python -m tests.simulator.planning``: what choosing for ``auto`` costs, over 500 providers with 5,000 models, all
of them measured. Prints p50 and p99 in microseconds."""
# ruff: noqa: T201

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from decimal import Decimal

from gateway.routing.candidates import Candidate
from gateway.routing.goals import GOALS
from gateway.routing.rules import GOALS_OWN
from gateway.routing.shortlists import Shortlists
from gateway.routing.traits import Traits
from providers.catalogue import ANONYMOUS, Catalogue, CompiledProvider
from providers.facts import Capabilities, ModelFacts, PriceFacts
from providers.vendors import Vendor
from providers.wires import wire
from tests.simulator.running import Now

PROVIDERS, MODELS_EACH = 500, 10
ROUNDS = 4000


def main() -> None:
    found = large_catalogue()
    began = time.perf_counter()
    shortlists = Shortlists(found)
    print(f"shortlists of {len(shortlists.candidates):,} models made in {(time.perf_counter() - began) * 1000:.0f} ms")
    now = measured_moment(shortlists.candidates)
    asked = [(goal, traits) for goal in GOALS for traits in usual_traits()]
    first, usual = [], []
    for number in range(ROUNDS):
        goal, traits = asked[number % len(asked)]
        began = time.perf_counter_ns()
        ranked = shortlists.choose(goal, traits, GOALS_OWN, now)
        (usual if number >= len(asked) else first).append((time.perf_counter_ns() - began) / 1000)
        if goal != "local" and not ranked.targets:
            raise SystemExit(f"nothing found for {goal} and {traits}")
    print(f"auto: p50 {_at(usual, 0.5):.0f} µs, p99 {_at(usual, 0.99):.0f} µs over {len(usual):,} choices")
    print(f"the first of each goal and needs: p50 {_at(first, 0.5):.0f} µs, the longest {max(first):.0f} µs")
    places = [(one.provider, one.model) for one in shortlists.candidates[:6]]
    few = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        shortlists.rank(places, "balanced", asked[0][1], GOALS_OWN, now)
        few.append((time.perf_counter_ns() - began) / 1000)
    print(f"a route over 6 targets: p50 {_at(few, 0.5):.0f} µs, p99 {_at(few, 0.99):.0f} µs")


def large_catalogue(*, providers: int = PROVIDERS, models: int = MODELS_EACH, seed: int = 1) -> Catalogue:
    """Models of every class, window and ability, some of them at many providers."""
    rolls = random.Random(seed)
    spoken = wire("openai")

    def facts() -> ModelFacts:
        price = round(rolls.lognormvariate(0, 1.5), 3)
        known = PriceFacts(input=Decimal(str(price)), output=Decimal(str(price * 4)), source="vendor_list")
        maybe = (True, True, False, None)
        return ModelFacts(
            mode="chat",
            context_window=rolls.choice((None, 8_192, 32_768, 131_072, 262_144, 1_048_576)),
            capabilities=Capabilities(
                vision=rolls.choice(maybe), tools=rolls.choice(maybe), audio=rolls.choice((True, False, None, None))
            ),
            price=known if rolls.random() < 0.8 else None,
        )

    def provider(number: int) -> CompiledProvider:
        name = f"provider_{number}"
        listed = {f"model-{rolls.randrange(2000)}-{count}": facts() for count in range(models)}
        return CompiledProvider(
            id=number,
            name=name,
            vendor=Vendor(slug=name, name=name, kind="local" if number % 50 == 0 else "cloud"),
            wire=spoken,
            dispatch="fallback" if number % 10 == 0 else "pooled",
            base_url=f"https://{name}.example.com/v1",
            tokens=(ANONYMOUS,),
            models=frozenset(listed),
            facts=listed,
        )

    found = [provider(number) for number in range(1, providers + 1)]
    return Catalogue(providers={one.name: one for one in found})


def measured_moment(candidates: Sequence[Candidate]) -> Now:
    """A moment in which every candidate was called twenty times lately."""
    now = Now(1)
    for one in candidates:
        where = one.provider.id, one.model
        for _ in range(20):
            now.measures.began(*where)
            now.measures.ended(
                *where,
                ok=now.random.random() > 0.05,
                first_s=now.random.uniform(0.1, 2),
                seconds=now.random.uniform(2, 20),
                output=300,
            )
    return now


def usual_traits() -> tuple[Traits, ...]:
    return (
        Traits(input=300),
        Traits(input=300, stream=True, output=4096),
        Traits(input=3000, tools=True, stream=True),
        Traits(input=2000, vision=True),
        Traits(input=60_000, tools=True, json_schema=True),
        Traits(input=150_000),
        Traits(input=500, audio=True),
        Traits(input=500, json_schema=True),
    )


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(share * len(values))]


if __name__ == "__main__":
    main()
