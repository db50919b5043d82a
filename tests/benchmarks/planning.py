"""``python -m tests.benchmarks.planning``: what a whole plan costs, from the app's body to the targets and the story
for the log row, by kind of name, over 500 providers with 5,000 models and 200 routes. Prints microseconds."""
# ruff: noqa: E402

from __future__ import annotations

import os
import time
from dataclasses import replace

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()  # rows are never read, but their classes are known to what plans

from gateway.caller import Caller
from gateway.inbound import Inbound
from gateway.operations.chat import Chat
from gateway.routing.compiled import CompiledRoute, RoutePlace, Routes
from gateway.routing.live import Live
from gateway.routing.plan import Planner
from gateway.routing.sessions import Bindings
from gateway.routing.shortlists import Shortlists
from gateway.snapshot import NO_TEAM, KeyFacts, Snapshot
from providers.catalogue import Catalogue
from providers.pool import Pool
from tests.simulator.planning import large_catalogue, measured_moment

ROUNDS = 4000
KEY = KeyFacts(1, "app", 0, True, 0.0, frozenset({"inference"}), ())


def main() -> None:
    catalogue = large_catalogue()
    now = measured_moment(Shortlists(catalogue).candidates)
    several = next(name for name, at in catalogue.by_model.items() if len(at) > 1)
    alone = next(name for name, at in catalogue.by_model.items() if len(at) == 1)
    snapshot = Snapshot(catalogue=catalogue, routes=many_routes(catalogue))
    live = Live(pool=Pool(), breakers=now.breakers, measures=now.measures, clock=now.now, seed=1)
    planner = Planner(snapshot, live, Bindings())
    snapshot.prepare()
    for what, name in (
        ("a prefix", "provider_7:anything"),
        ("an exact id", alone),
        ("an id at several providers", several),
        ("an alias", "alias-7"),
        ("a route of three, ordered", "route-8"),
        ("a route of three, weighted", "route-9"),
        ("a wildcard", "team-3/some-model"),
        ("auto", "auto"),
    ):
        taken = []
        for number in range(ROUNDS):
            operation = Chat({"model": name, "messages": talk(number)}, wire_name="openai")
            inbound = Inbound(operation=operation, caller=Caller(KEY, NO_TEAM), size=900, id="x")
            began = time.perf_counter_ns()
            assert planner.plan(inbound).story is not None
            taken.append((time.perf_counter_ns() - began) / 1000)
        print(f"plan of {what}: p50 {_at(taken, 0.5):.1f} µs, p99 {_at(taken, 0.99):.1f} µs")


def many_routes(catalogue: Catalogue, *, count: int = 200) -> Routes:
    """Aliases, ordered and weighted routes, and twenty wildcards."""
    places = [
        RoutePlace(provider_id=one.id, model=model)
        for one in catalogue.providers.values()
        for model in sorted(one.models)[:1]
    ]
    routes = []
    for number in range(count):
        kind = ("alias", "route", "route")[number % 3] if number >= 20 else "wild"
        some = tuple(places[number * 2 : number * 2 + (1 if kind == "alias" else 3)])
        strategy = "weighted" if number % 3 == 2 else "ordered"
        routes.append(CompiledRoute(name=f"team-{number}/*" if kind == "wild" else "", targets=some, strategy=strategy))
    named = [replace(one, name=f"{'alias' if len(one.targets) == 1 else 'route'}-{n}") if not one.name else one
             for n, one in enumerate(routes)]  # fmt: skip
    extra = [
        CompiledRoute(name="alias-7", targets=tuple(places[:1])),
        CompiledRoute(name="route-8", targets=tuple(places[:3])),
        CompiledRoute(name="route-9", targets=tuple(places[3:6]), strategy="weighted"),
    ]
    return Routes(routes=(*named, *extra))


def talk(number: int) -> list[dict[str, str]]:
    said = "Explain how a B-tree keeps its balance, and when it splits a page."
    return [
        {"role": "system", "content": "You are a helpful assistant. Answer briefly and name your sources."},
        {"role": "user", "content": f"{said} ({number})"},
        {"role": "assistant", "content": "A page splits when it is full; the middle key moves up."},
        {"role": "user", "content": "And what happens to the root?"},
    ]


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(share * len(values))]


if __name__ == "__main__":
    main()
