"""What a logged exchange costs under other prices, attempt by attempt. Pure: no SQL, no clock.

A row keeps what was counted, and the prices that were applied to its answer. Three units leave no count of their own
(hour-long cache writes, web searches, search units); their number is solved for from the cost and those prices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from providers.canonical import Usage
from providers.pricing import Cost, counts_of
from providers.pricing.money import MILLION

FINAL = frozenset({"vendor", "hold"})  # the vendor's own figure, and what a budget held: no price list corrects them
MOST_SEARCHES = 10_000  # in one call
HALF = MILLION // 2
_EXTRA: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "cache_write_1h": lambda count: {"cache_creation": {"ephemeral_1h_input_tokens": count}},
    "web_search": lambda count: {"server_tool_use": {"web_search_requests": count}},
    "search": lambda count: {"search_units": count},
}

Attempt = Mapping[str, Any]  # as ``RequestLog.attempts`` holds it: what is empty is left out
Price = Callable[[str, str, Usage], Cost | None]  # provider, model, usage; ``None``: there is no such provider now


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A log row as far as money goes. ``applied``: the unit prices of the answer."""

    provider: str
    model: str
    token: str
    attempts: Sequence[Attempt]
    cost_nano: int | None
    cost_basis: str
    applied: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A row rated again. ``moved``: by how many nano-dollars each (budget id, begin of its period) moves."""

    row: Row
    moved: Mapping[tuple[int, int], int]


def rate(row: Row, price: Price, *, wanted: Callable[[Attempt], bool]) -> Rated | None:
    """``row`` under ``price``, for its attempts that are ``wanted``; ``None`` where no cost changes. An unknown price
    replaces none that was known; what a vendor told or a budget held stays."""
    answer = _answer(row)
    attempts, applied, moved = list(row.attempts), row.applied, dict[tuple[int, int], int]()
    for place, attempt in enumerate(row.attempts):
        if not attempt.get("cost_basis") or attempt["cost_basis"] in FINAL or not wanted(attempt):
            continue
        usage = explained(attempt, row.applied if place == answer else {})
        cost = price(str(attempt.get("provider", "")), str(attempt.get("model", "")), usage) if usage else None
        if cost is None or cost.nano is None or cost.nano == attempt.get("cost_nano"):
            continue
        attempts[place] = {**attempt, "cost_nano": cost.nano, "cost_basis": cost.basis}
        applied = cost.unit_prices if place == answer else applied
        for charged in _charged(attempt):
            moved[charged] = moved.get(charged, 0) + cost.nano - (attempt.get("cost_nano") or 0)
    if attempts == list(row.attempts):
        return None
    nano, basis = total(attempts)
    return Rated(row=replace(row, attempts=attempts, cost_nano=nano, cost_basis=basis, applied=applied), moved=moved)


def total(attempts: Sequence[Attempt]) -> tuple[int | None, str]:
    """The cost of all attempts and its basis, as ``gateway.relay.settle`` tells them."""
    billed = [one for one in attempts if one.get("cost_basis")]
    costs = [one["cost_nano"] for one in billed if one.get("cost_nano") is not None]
    bases = [str(one["cost_basis"]) for one in billed]
    if not billed or len(costs) < len(billed):
        return None, "hold" if "hold" in bases else "unknown"
    return sum(costs), "hold" if "hold" in bases else bases[-1]


def usage_of(attempt: Attempt) -> Usage:
    names = ("input", "output", "cached_input", "cache_write_input", "reasoning", "input_audio", "output_audio")
    counts: dict[str, Any] = {name: _whole(attempt.get(name)) for name in names}
    return Usage(**counts)


def explained(attempt: Attempt, applied: Mapping[str, int]) -> Usage | None:
    """The usage that was billed: what was counted, and the units that ``applied`` names beside. ``None`` where both do
    not give the attempt's cost: then the vendor billed something that the row does not keep."""
    usage, cost = usage_of(attempt), attempt.get("cost_nano")
    if not applied or cost is None:
        return usage
    extra: dict[str, Any] = {}
    unknown = [unit for unit in _EXTRA if unit in applied]
    if "cache_write_1h" in unknown and "cache_write" not in applied:  # all that was written was written for an hour
        extra |= _EXTRA["cache_write_1h"](usage.cache_write_input)
        unknown.remove("cache_write_1h")
    if len(unknown) > 1:
        return None
    if unknown:
        count = _solved(replace(usage, extra=extra), unknown[0], applied, cost)
        if count is None:
            return None
        extra |= _EXTRA[unknown[0]](count)
    found = replace(usage, extra=extra) if extra else usage
    return found if _cost(found, applied) == cost else None


def _solved(usage: Usage, unit: str, applied: Mapping[str, int], cost: int) -> int | None:
    base = _sum(usage, applied)
    each = applied[unit] - (applied["cache_write"] if unit == "cache_write_1h" else 0)
    if base is None or each == 0:
        return None
    count = round((cost * MILLION - base) / each)
    most = usage.cache_write_input if unit == "cache_write_1h" else MOST_SEARCHES
    return count if 0 <= count <= most else None


def _cost(usage: Usage, applied: Mapping[str, int]) -> int | None:
    found = _sum(usage, applied)
    return None if found is None else (found + HALF) // MILLION


def _sum(usage: Usage, applied: Mapping[str, int]) -> int | None:
    """At the prices that were applied, as ``Sheet.cost`` sums it up; ``None`` where one is missing."""
    counts = counts_of(usage)
    if any(unit not in applied for unit, _ in counts):
        return None
    searched = any(unit == "search" for unit, _ in counts)
    return sum(count * applied[unit] for unit, count in counts) + (0 if searched else applied.get("request", 0))


def _answer(row: Row) -> int:
    """The place of the attempt that the row's unit prices are of; -1 for none."""
    same = [
        place
        for place, one in enumerate(row.attempts)
        if (one.get("provider", ""), one.get("model", ""), one.get("token", "")) == (row.provider, row.model, row.token)
    ]
    good = [place for place in same if not row.attempts[place].get("error")]
    return (good or same or [-1])[-1]


def _charged(attempt: Attempt) -> list[tuple[int, int]]:
    return [(int(budget), int(began)) for budget, began in attempt.get("charged") or ()]


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
