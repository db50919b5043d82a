"""The page of one budget: this period's bar, earlier periods, who holds slices of it, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from gateway.admin import budget_cells
from gateway.admin.amounts import amount_text
from gateway.admin.budget_standing import Standing
from gateway.admin.leases import is_silent, slices
from gateway.admin.meters import meter
from gateway.models import Budget, BudgetEvent, BudgetPeriod
from providers.admin import cells

EARLIER, MOST_LEASES, LAST_EVENTS = 12, 50, 20
EVENT_WORDS = {
    "threshold": "threshold",
    "over_hold": "billed over its hold",
    "lease_lost": "slice back",
    "mismatch": "books differ",
}
EVENT_TONES: dict[str, cells.Tone] = {
    "threshold": "yellow",
    "over_hold": "red",
    "lease_lost": "blue",
    "mismatch": "red",
    "corrected": "blue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLine:
    name: str
    spent: str
    share: str
    calls: str
    refused: str
    bar: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseLine:
    holder: str
    period: str
    amount: str
    renewed: SafeString
    silent: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    at: SafeString
    kind: SafeString
    text: str
    url: str


def above(standing: Standing) -> dict[str, Any]:
    """The current period."""
    budget, measure = standing.budget, standing.budget.measure
    forecast, by = budget_cells.forecast_words(standing)
    over = standing.left < 0
    return {
        "budget": budget,
        "mode": budget_cells.mode_cell(budget),
        "mode_words": Budget.Mode(budget.mode).label.partition(": ")[2],
        "bar": budget_cells.bar(standing, marks=True),
        "tone": budget_cells.tone_of(standing.percent),
        "percent": budget_cells.percent_text(standing.percent),
        "spent": amount_text(standing.spent, measure=measure),
        "held": amount_text(standing.leased, measure=measure),
        "left": amount_text(abs(standing.left), measure=measure),
        "left_word": "Over by" if over else "Left",
        "over": over,
        "amount": amount_text(standing.amount, measure=measure),
        "raised": amount_text(standing.raised, measure=measure) if standing.raised else "",
        "began": standing.starts_at if standing.ends_at is not None else None,
        "resets": cells.moment(standing.ends_at, now=standing.now, never="never: it counts in total"),
        "ends_at": standing.ends_at,
        "forecast": forecast,
        "forecast_by": by,
        "calls": f"{standing.row.calls:,}" if standing.row else "0",
        "refused": standing.row.refused if standing.row else 0,
        "refused_words": "Would have been refused" if budget.mode == Budget.Mode.SHADOW else "Refused",
        "thresholds": _thresholds(standing),
    }


def _thresholds(standing: Standing) -> list[tuple[int, str, bool]]:
    """Percent, amount, and whether it is reached."""
    given = standing.budget.thresholds
    measure = standing.budget.measure
    percents = [one for one in given if type(one) is int] if isinstance(given, list) else []
    return [
        (one, amount_text(standing.amount * one // 100, measure=measure), standing.percent >= one) for one in percents
    ]


def beneath(standing: Standing, *, may_act: bool) -> dict[str, Any]:
    """Earlier periods, slices, events."""
    budget = standing.budget
    earlier = BudgetPeriod.objects.filter(budget=budget, starts_at__lt=standing.starts_at)[:EARLIER]
    booked = _booked(standing)
    return {
        "earlier": [_period(row, budget) for row in earlier],
        "leases": _leases(budget, now=standing.now),
        "events": _events(budget, now=standing.now),
        "last_events": LAST_EVENTS,
        "may_act": may_act,
        "booked": booked,
    }


def _booked(standing: Standing) -> str:
    """What is spent but in no entry is told: the nightly check of the books would tell it too."""
    if standing.row is None or standing.row.calls > 50_000:  # a long sum is the nightly check's work
        return ""
    entries = standing.row.entries.aggregate(all=Sum("amount"))["all"] or 0
    difference = standing.row.spent - entries
    return amount_text(difference, measure=standing.budget.measure) if difference else ""


def _period(row: BudgetPeriod, budget: Budget) -> PeriodLine:
    """Measured by the amount of today: what it was then is not kept."""
    share = 100 * row.spent / budget.amount if budget.amount else 0.0
    spent = amount_text(row.spent, measure=budget.measure)
    return PeriodLine(
        name=f"{row.starts_at:%d %b %Y}",
        spent=spent,
        share=budget_cells.percent_text(share),
        calls=f"{row.calls:,}",
        refused=f"{row.refused:,}" if row.refused else "",
        bar=meter([(share, budget_cells.tone_of(share))], label=f"{spent} spent"),
    )


def _leases(budget: Budget, *, now: datetime) -> list[LeaseLine]:
    rows = slices(budget).order_by("-period__starts_at", "pk")
    return [
        LeaseLine(
            holder=row.holder,
            period=f"{row.period.starts_at:%d %b %Y}" if budget.period != Budget.Period.TOTAL else "",
            amount=amount_text(row.amount, measure=budget.measure),
            renewed=cells.moment(row.renewed_at, now=now),
            silent=is_silent(row, now=now),
            url=reverse("admin:gateway_budget_give_back", args=[budget.pk, row.pk]),
        )
        for row in rows[:MOST_LEASES]
    ]


def call_url(exchange_id: UUID | None) -> str:
    """The page of a call, where there is a log of them."""
    try:
        return reverse("admin:monitoring_requestlog_change", args=[exchange_id]) if exchange_id else ""
    except NoReverseMatch:
        return ""


def _events(budget: Budget, *, now: datetime) -> list[EventLine]:
    return [
        EventLine(
            at=cells.moment(row.at, now=now),
            kind=cells.chip(
                EVENT_WORDS.get(row.kind, row.kind), EVENT_TONES.get(row.kind, "grey"), title=row.get_kind_display()
            ),
            text=row.text,
            url=call_url(row.exchange_id),
        )
        for row in BudgetEvent.objects.filter(budget=budget)[:LAST_EVENTS]
    ]
