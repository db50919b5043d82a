"""``GET /v1/usage``: what the calling key spent and may spend. Any valid key sees its own, whatever its scopes.

Budgets and limits come out of memory; what the key used, and how periods stand that this process did not see yet, is
read in a thread and kept for some seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from gateway.answer import JSON, Answer
from gateway.api.base import AsyncAPIView
from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.periods import iso
from gateway.usage_kept import KeptUsage, Period, Read, Times
from gateway.usage_source import KeyUsage
from providers.pricing.money import dollars

MEASURES = ("requests", "usage", "parallel")
UNITS = {"cost": "nano_usd", "usage": "units"}
HEADERS = (JSON, (b"cache-control", b"no-store"))
encode = msgspec.json.Encoder(decimal_format="number").encode

_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, KeptUsage] = WeakKeyDictionary()


def kept_usage() -> KeptUsage:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    found = _kept.get(loop)
    if found is None:
        found = _kept[loop] = KeptUsage()
    return found


class Usage(AsyncAPIView):
    permission_classes: list[Any] = []  # one's own is no secret
    http_method_names = ["get", "head"]

    async def get(self, request: Any) -> Answer:
        runtime, caller, now = request.runtime, request.user, time.time()
        snapshot, key = runtime.snapshots.current, caller.key
        charged = () if snapshot.spending.empty else snapshot.spending.of(key.id, key.team_id, key.tags, 0, "", "")
        periods = [(one.id, one.start(now)) for one in charged]
        found = await kept_usage().of(key.id, now, periods) or Read()
        body = {
            "object": "usage",
            "key": {"name": key.name, "team": caller.team.name or None},
            "usage": _usage(found, Times.of(now)),
            "budgets": [_budget(runtime.budgets, one, found.periods, now) for one in charged],
            "limits": [] if snapshot.limits.empty else _limits(runtime.limiter, snapshot.limits.of_call(key)),
        }
        return Answer(200, encode(body), HEADERS)


def _usage(found: Read, times: Times) -> dict[str, Any]:
    """``null`` where nobody can tell now."""
    return {
        name: None if one is None else {"since": iso(since.timestamp()), **_figures(one)}
        for name, one, since in (("today", found.today, times.today), ("month", found.month, times.month))
    }


def _figures(one: KeyUsage) -> dict[str, Any]:
    return {
        "requests": one.requests,
        "input": one.input,
        "output": one.output,
        "cost_usd": dollars(one.cost_nano),
        "cost_nano": one.cost_nano,
        "requests_of_unknown_cost": one.unknown,
        "saved_usd": dollars(one.saved_nano),
    }


def _budget(book: Any, budget: CompiledBudget, periods: Mapping[Period, tuple[int, int]], now: float) -> dict[str, Any]:
    """As this process knows it, or as the database did some seconds ago where that is more: others spend too. Of one
    that teams share only what is left is told."""
    stands = book.standing(budget, now)
    spent, leased = periods.get((budget.id, budget.start(now)), (0, 0))
    spent = max(spent, stands.spent)
    held = stands.held if stands.seen else leased  # what this process leased and does not hold may still be held
    left = max(0, stands.limit - spent - held)
    return {
        "name": budget.name,
        "of": budget.subject,
        "measure": budget.measure,
        "unit": UNITS[budget.measure],
        "mode": budget.mode,
        "period": budget.period,
        "amount": None if budget.shared else stands.limit,
        "spent": None if budget.shared else spent,
        "held": None if budget.shared else held,
        "left": left,
        **({"left_usd": dollars(left)} if budget.measure == "cost" else {}),
        "since": iso(budget.start(now)) if budget.period != "total" else None,
        "resets_at": iso(stands.resets_at),
    }


def _limits(limiter: Any, rules: Sequence[Any]) -> list[dict[str, Any]]:
    """``remaining`` is ``null`` where the limiter does not tell."""
    ask = getattr(limiter, "used", None)
    used: Sequence[int] | None = ask(rules) if ask is not None else None
    return [
        {
            "name": rule.name,
            **{
                measure: _limit(getattr(rule, measure), used[3 * number + place] if used is not None else None)
                for place, measure in enumerate(MEASURES)
            },
        }
        for number, rule in enumerate(rules)
    ]


def _limit(limit: int | None, used: int | None) -> dict[str, int | None] | None:
    if limit is None:
        return None
    return {"limit": limit, "remaining": None if used is None else max(0, limit - used)}
