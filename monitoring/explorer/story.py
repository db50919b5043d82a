"""One exchange on one page: what it cost and why, its attempts to scale, and what else the row tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.explain.picture import picture
from monitoring.admin import judged, log_page
from monitoring.admin.timeline import Timeline, by_name, fates
from monitoring.books.rating import explained
from monitoring.explain.own import own
from monitoring.explorer.lines import kind_of, status_of
from monitoring.models import RequestLog
from providers.admin.cells import microseconds
from providers.pricing import counts_of
from providers.pricing.money import MILLION, usd
from providers.pricing.sheet import SINGLE

WORDS = {
    "input": "Input",
    "cached_input": "Input from the vendor's cache",
    "cache_write": "Input written to the cache",
    "cache_write_1h": "Input written to the cache for an hour",
    "output": "Output",
    "reasoning": "Reasoning",
    "audio_input": "Audio input",
    "audio_output": "Audio output",
    "request": "The request",
    "search": "Search units",
    "web_search": "Web searches",
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one unit of usage cost: ``price`` for a million of it, or for each."""

    what: str
    count: str
    price: str
    cost: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis; ``place`` is start, middle or end, so that its text stays inside."""

    at: float
    text: str
    place: str


def story(row: RequestLog, *, staff: bool) -> dict[str, Any]:
    """The template's context. Who is not staff gets no link into the admin, no fingerprint of a token, and of the plan
    what does not tell of other teams."""
    told = log_page.story(row)
    hidden = () if staff else ("Token",)
    lines = list(cost_lines(row))
    return {
        **told,
        "plan": told["plan"] if staff else picture(own(row.plan), fates=fates(row)),
        "facts": [(name, value) for name, value in told["facts"] if name not in ("Prices applied", *hidden)],
        "kind": kind_of(row),
        "status": status_of(row),
        "verdicts": [one if staff else one._replace(url="") for one in judged.lines(row)],
        "counted": f"{row.input:,} → {row.output:,}",
        "cost": "" if row.cost_nano is None else usd(row.cost_nano),
        "cost_lines": lines,
        "other_costs": _others(row) if lines else [],
        "ticks": ticks(told["timeline"]),
        "speed": _speed(row),
    }


def cost_lines(row: RequestLog) -> Iterator[CostLine]:
    """Of the attempt that answered: its units under the prices that were applied. None where the vendor told a sum, or
    billed something that the row does not keep."""
    answer = _answer(row)
    prices: dict[str, int] = row.unit_prices if isinstance(row.unit_prices, dict) else {}
    usage = explained(answer, prices) if answer and prices else None
    if usage is None:
        return
    counts = counts_of(usage)
    if "request" in prices and all(unit != "search" for unit, _ in counts):
        counts = [*counts, ("request", 1)]
    for unit, count in counts:
        price = prices.get(unit)
        if price is None:
            continue
        each = f"{usd(price // MILLION)} each" if unit in SINGLE else f"{usd(price)} a million"
        cost = usd((count * price + MILLION // 2) // MILLION)
        yield CostLine(WORDS.get(unit, unit.replace("_", " ")), f"{count:,}", each, cost)


def ticks(timeline: Timeline) -> list[Tick]:
    return [
        Tick(one.at, one.text, "start" if one.at < 2 else "end" if one.at > 96 else "middle") for one in timeline.ticks
    ]


def _answer(row: RequestLog) -> dict[str, Any] | None:
    """The last good attempt at what answered."""
    attempts = [by_name(one) for one in row.attempts]
    same = [one for one in attempts if (one.get("provider"), one.get("model")) == (row.provider, row.model)]
    good = [one for one in same if not one.get("error")]
    return (good or same)[-1] if same else None


def _others(row: RequestLog) -> list[tuple[str, str]]:
    """What the other attempts cost: a failed one may be billed too."""
    answer, found = _answer(row), []
    for number, one in enumerate(map(by_name, row.attempts), start=1):
        cost = one.get("cost_nano")
        if one != answer and isinstance(cost, int) and cost:
            found.append((f"Attempt {number}, {one.get('provider', '')} {one.get('model', '')}", usd(cost)))
    return found


def _speed(row: RequestLog) -> str:
    """Output units a second while it was written."""
    writing = row.latency_us - row.first_byte_us
    if not row.stream or not row.first_byte_us or row.output < 2 or writing < 1000:
        return ""
    return f"{row.output * 1e6 / writing:,.0f} a second over {microseconds(writing)}"
