"""From rows to compiled routes: three queries, off the event loop, on a save and at the start."""

from __future__ import annotations

from gateway.models import Route, RouteTarget, RoutingSettings
from gateway.policy.gates import GateRules
from gateway.routing.compiled import CompiledRoute, Conditions, RoutePlace, Routes, RoutingFacts
from gateway.routing.rules import Rules, Weights
from providers.breaker import BreakerRules
from providers.canonical import NOTHING

OVERRIDES = ("max_attempts", "retries", "deadline", "slow_start", "hedge")  # what a route may say otherwise


def compile_routes() -> Routes:
    facts = routing_facts(RoutingSettings.current())
    places: dict[int, list[RoutePlace]] = {}
    for target in RouteTarget.objects.filter(route__enabled=True).order_by("position", "id"):
        places.setdefault(target.route_id, []).append(_place(target))
    rows = Route.objects.filter(enabled=True)
    return Routes(routes=tuple(compile_route(row, places.get(row.pk, []), facts.rules) for row in rows), facts=facts)


def compile_route(row: Route, places: list[RoutePlace], usual: Rules) -> CompiledRoute:
    said = {name: getattr(row, name) for name in OVERRIDES if getattr(row, name) is not None}
    if row.sticky is not None:
        on = usual.sticky if usual.sticky != RoutingSettings.Sticky.OFF else RoutingSettings.Sticky.CONVERSATION
        said["sticky"] = str(on if row.sticky else RoutingSettings.Sticky.OFF)
    return CompiledRoute(
        name=row.name,
        strategy=row.strategy,
        goal=row.goal,
        weights=Weights(row.weight_capability, row.weight_cost, row.weight_performance, row.weight_availability),
        parameters=row.parameters or NOTHING,
        targets=tuple(places),
        context_fallback=row.context_fallback,
        content_fallback=row.content_fallback,
        rules=usual._replace(**said),
        assumed_output=row.assumed_output,
        cache=row.cache,
        cache_seconds=row.cache_seconds,
        cache_shared=row.cache_shared,
        cache_similar=row.cache_similar,
    )


def routing_facts(row: RoutingSettings) -> RoutingFacts:
    return RoutingFacts(
        rules=Rules(
            max_attempts=row.max_attempts,
            retries=row.retries,
            backoff_base=row.backoff_base,
            backoff_cap=row.backoff_cap,
            deadline=row.deadline,
            slow_start=row.slow_start,
            hedge=row.hedge,
            sticky=row.sticky,
        ),
        default_backend=row.default_backend_id or 0,
        last_resort=row.last_resort,
        sticky_seconds=row.sticky_seconds,
        breaker=BreakerRules(
            window=row.breaker_window,
            minimum=row.breaker_minimum,
            rate=row.breaker_rate,
            open_seconds=row.breaker_open,
            longest=row.breaker_longest,
            probes=row.breaker_probes,
        ),
        gates=GateRules(process_limit=row.max_in_flight, queue=row.queue_length, patience=row.queue_seconds),
    )


def _place(row: RouteTarget) -> RoutePlace:
    return RoutePlace(
        provider_id=row.provider_id or 0,
        model=row.model,
        weight=row.weight,
        conditions=Conditions(
            row.when_stream, row.when_tools, row.when_images, row.min_input, row.max_input, row.team_id or 0
        ),
    )
