"""The page of budgets: a card each, the nearest to its end first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.models import Budget
from monitoring.access import Viewer
from monitoring.dashboards import budgets, links, spans, words
from monitoring.dashboards.base import Board
from monitoring.dashboards.budgets import Standing
from monitoring.dashboards.burn import Burn, burn
from monitoring.dashboards.explained import WORDS as texts

CARDS = 24  # with a picture and a forecast; more are lines of a table
NEARLY = 0.8
MODES = {"hard": "", "soft": "alerts only", "shadow": "only notes what it would refuse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A budget in words. ``tone``: "", "warn" or "bad"; the bars are in percent of the amount, cut at 100."""

    name: str
    subject: str
    mode: str
    mode_words: str
    period: str
    left_words: str
    spent: str
    amount: str
    percent: str
    tone: str
    bar: float
    held_bar: float
    thresholds: list[float]
    held: str
    raised: str
    refused: int
    forecast: str
    band: str
    forecast_tone: str
    basis: str
    reached: str
    events: list[tuple[str, str]]
    burn: Burn | None
    ends: tuple[str, str]
    url: str


class Budgets(Board):
    """``GET /dashboards/budgets/``."""

    template_name = "dashboards/budgets.html"

    def context(self, **names: Any) -> dict[str, Any]:
        found = budgets.standings(budgets.visible(self.viewer)[: budgets.MOST], now=self.now)
        looked = [budgets.looked_at(one, self.viewer, self.source, now=self.now) for one in found[:CARDS]]
        cards = [card(one, self.viewer, now=self.now) for one in looked]
        return {
            "cards": cards,
            "more": [card(one, self.viewer, now=self.now) for one in found[CARDS:]],
            "summary": _summary(found),
            "texts": texts,
            "add_url": links.page("admin:gateway_budget_add") if self.viewer.may("gateway.add_budget") else "",
        }


def card(standing: Standing, viewer: Viewer, *, now: datetime) -> Card:
    budget, told, write = standing.budget, standing.forecast, writer(standing)
    share, held = standing.share, standing.held / standing.amount if standing.amount else 0.0
    bar = min(share, 1.0)
    ends = standing.ends_at
    return Card(
        name=budget.name,
        subject=_subject(budget),
        mode=budget.mode,
        mode_words=MODES.get(budget.mode, ""),
        period=_period(standing),
        left_words=f"{words.length((ends - now).total_seconds())} left" if ends else "no end",
        spent=write(standing.spent),
        amount=write(standing.amount),
        percent=words.share(share),
        tone=tone(share),
        bar=round(100 * bar, 1),
        held_bar=round(100 * min(held, 1 - bar), 1),
        thresholds=[one for one in budget.thresholds if one < 100],
        held=write(standing.held) if standing.held else "",
        raised=write(standing.raised) if standing.raised else "",
        refused=standing.refused,
        forecast=write(told.likely) if told and told.likely is not None else "",
        band=f"{write(told.low or 0)} to {write(told.high or 0)}" if told and told.has_band else "",
        forecast_tone=tone(told.likely / standing.amount) if told and told.likely is not None else "",
        basis=_basis(standing),
        reached=_reached(standing, now),
        events=[(words.moment(one.at), one.text) for one in standing.events],
        burn=burn(standing, now=now),
        ends=(words.moment(standing.starts_at), words.moment(ends) if ends else ""),
        url=links.budget(budget.pk, viewer),
    )


def tone(share: float) -> str:
    return "bad" if share >= 1 else "warn" if share >= NEARLY else ""


def writer(standing: Standing) -> Callable[[float], str]:
    return words.money if standing.in_money else lambda value: f"{words.short(value)} units"


def _subject(budget: Budget) -> str:
    kind = budget.get_subject_display().removeprefix("A ").removeprefix("An ")
    name = budget.subject_name
    return f"{kind} {name}" if name and name != kind else kind


def _period(standing: Standing) -> str:
    if standing.ends_at is None:
        return "in total"
    return spans.between(standing.starts_at, standing.ends_at)


def _basis(standing: Standing) -> str:
    told = standing.forecast
    if told is None:
        return "too early to tell"
    if not told.steps:
        return "at the pace of this period so far"
    unit = "hours" if standing.budget.period == Budget.Period.DAY else "days"
    return f"from the last {told.steps} {unit}"


def _reached(standing: Standing, now: datetime) -> str:
    """A sentence on the amount."""
    if standing.amount and standing.spent >= standing.amount:
        return "The amount is spent."
    told = standing.forecast
    if told is None:
        return ""
    if told.reached_at is not None:
        return f"Spent {words.ago(told.reached_at, now)}, on {words.moment(told.reached_at)} UTC, at this pace."
    return "Lasts at this pace." if standing.ends_at is not None else ""


def _summary(found: list[Standing]) -> dict[str, int]:
    return {
        "all": len(found),
        "spent": sum(one.share >= 1 for one in found),
        "nearly": sum(NEARLY <= one.share < 1 for one in found),
    }
