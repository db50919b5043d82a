"""The story of a plan as JSON: why a call went where it went. Kept on the log row, drawn by the admin, answered by
explain.

Keys that say nothing are left out. ``targets`` and ``dropped`` hold at most ``MOST_TOLD`` each; measured times are in
milliseconds where the name says so, prices in US dollars for a million units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.routing.live import Live
from gateway.routing.names import Resolved
from gateway.routing.needs import needs
from gateway.routing.rules import Rules
from gateway.routing.sessions import Session
from gateway.routing.targets import Planned
from gateway.routing.traits import Traits

if TYPE_CHECKING:
    from gateway.routing.choosing import Dropped

MOST_TOLD = 12
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Told:
    """What a story is made of, gathered while planning; the story itself is made when the row is."""

    resolved: Resolved
    targets: Sequence[Planned]
    dropped: Sequence[Dropped]
    more_dropped: int
    rules: Rules
    goal: tuple[str, str] | None = None  # the goal of auto, and who said so
    weights: dict[str, float] | None = None
    traits: Traits | None = None
    session: Session | None = None
    sticky: bool = False
    live: Live | None = None
    last_resort: str = ""


def story_of(told: Told) -> bytes:
    return encode(story(told))


def story(told: Told) -> dict[str, Any]:
    resolved, route = told.resolved, told.resolved.route
    goal, goal_from = told.goal or ("", "")
    said: dict[str, Any] = {
        "name": resolved.name,
        "how": resolved.how,
        "route": route.name if route else "",
        "via": list(resolved.via) if len(resolved.via) > 1 else [],
        "strategy": resolved.group.strategy if resolved.group and len(told.targets) > 1 else "auto" if goal else "",
        "goal": goal,
        "goal_from": goal_from,
        "weights": told.weights or {},
        "needs": list(needs(told.traits)) if told.traits else [],
        "input": told.traits.input if told.traits else 0,
        "session": told.session.id if told.session else "",
        "session_from": told.session.source if told.session else "",
        "sticky": told.sticky,
        "targets": [_target(one, told.live) for one in told.targets[:MOST_TOLD]],
        "dropped": [_dropped(one) for one in told.dropped[:MOST_TOLD]],
        "more_dropped": told.more_dropped + max(0, len(told.dropped) - MOST_TOLD),
        "last_resort": told.last_resort,
        "context_fallback": route.context_fallback if route else "",
        "content_fallback": route.content_fallback if route else "",
        "rules": _rules(told.rules),
    }
    return {name: value for name, value in said.items() if value or name in ("name", "how")}


def _target(planned: Planned, live: Live | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "provider": planned.provider.name,
        "model": planned.model,
        "reason": planned.reason,
    }
    if planned.score is not None:
        parts = planned.score._asdict()
        told["score"] = round(parts.pop("total"), 4)
        told["parts"] = {name: round(value, 4) for name, value in parts.items() if isinstance(value, float)}
    if planned.weight != 1:
        told["weight"] = planned.weight
    if live is not None and (measured := live.measured(planned.provider.id, planned.model)) is not None:
        told["measured"] = _measured(measured)
    price = planned.provider.facts_of(planned.model).price
    if price is not None and (price.input is not None or price.output is not None):
        told["price"] = {"input": price.input, "output": price.output}
    return told


def _measured(measured: Any) -> dict[str, Any]:
    found = {
        "first_ms": round(measured.first_s * 1000) if measured.first_s is not None else None,
        "seconds": round(measured.seconds, 3) if measured.seconds is not None else None,
        "throughput": round(measured.throughput, 1) if measured.throughput is not None else None,
        "failure_rate": round(measured.failure_rate, 4),
        "in_flight": measured.in_flight,
        "calls": round(measured.calls, 1),
    }
    return {name: value for name, value in found.items() if value is not None}


def _dropped(one: Dropped) -> dict[str, Any]:
    return {
        "provider": one.planned.provider.name,
        "model": one.planned.model,
        "code": one.code,
        "reason": one.reason,
    }


def _rules(rules: Rules) -> dict[str, Any]:
    return {
        "max_attempts": rules.max_attempts,
        "retries": rules.retries,
        "deadline": rules.deadline,
        "slow_start": rules.slow_start,
        "hedge": rules.hedge,
    }
