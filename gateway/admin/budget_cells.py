"""A budget in one line: its bar, its period, what the end of the period will bring."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.admin.amounts import COST, about, amount_text, cents
from gateway.admin.budget_standing import NEARLY, Standing
from gateway.admin.meters import Part, meter
from gateway.models import Budget
from providers.admin import cells

MODE_TONES: dict[str, cells.Tone] = {"hard": "red", "soft": "blue", "shadow": "grey"}
PERIODS = {"day": "a day", "week": "a week", "month": "a month", "total": "in total"}


def tone_of(percent: float) -> cells.Tone:
    return "red" if percent >= 100 else "yellow" if percent >= NEARLY else "green"


def percent_text(percent: float) -> str:
    """Never 100 % before it is all spent."""
    return f"{int(percent)} %" if percent >= 1 or percent == 0 else "below 1 %"


def said(standing: Standing) -> str:
    """The bar in words."""
    measure = standing.budget.measure
    words = f"{amount_text(standing.spent, measure=measure)} spent"
    if standing.leased:
        words += f", {amount_text(standing.leased, measure=measure)} held"
    return f"{words}, of {amount_text(standing.amount, measure=measure)}"


def bar(standing: Standing, *, marks: bool = False) -> SafeString:
    """Spent, then held, of the amount; where more is spent than that, of what is spent."""
    whole = max(standing.amount, standing.spent + standing.leased, 1)
    tone = tone_of(standing.percent)
    parts: list[Part] = [(100 * standing.spent / whole, tone), (100 * standing.leased / whole, f"{tone} sb-meter-held")]
    at = [percent * standing.amount / whole for percent in _thresholds(standing.budget)] if marks else []
    return meter(parts, label=said(standing), marks=[one for one in at if one < 100])


def _thresholds(budget: Budget) -> list[int]:
    given = budget.thresholds
    return [one for one in given if type(one) is int] if isinstance(given, list) else []


def standing_cell(standing: Standing) -> SafeString:
    """The bar with its figures beneath, to the cent; its title has them exact."""
    measure = standing.budget.measure
    left = f"{cents(abs(standing.left), measure=measure)} {'over' if standing.left < 0 else 'left'}"
    return format_html(
        '<span class="sb-standing">{}<span class="sb-standing-words"><span><b class="sb-strong">{}</b> of {}</span>'
        '<span class="sb-quiet">{}{}</span></span></span>',
        bar(standing),
        cents(standing.spent, measure=measure),
        amount_text(standing.amount, measure=measure),
        f"{percent_text(standing.percent)} · {left}",
        f" · {cents(standing.leased, measure=measure)} held" if standing.leased else "",
    )


def forecast_cell(standing: Standing) -> SafeString:
    """What the end brings at the pace so far, and when the amount would be spent."""
    return cells.two_lines(*forecast_words(standing)) if standing.row and standing.spent else cells.EMPTY


def forecast_words(standing: Standing) -> tuple[SafeString | str, SafeString | str]:
    first: SafeString | str = ""
    if standing.forecast is not None:
        share = 100 * standing.forecast / standing.amount if standing.amount else 0.0
        said = _estimate(standing.forecast, standing.budget.measure)
        first = format_html('<span class="sb-text sb-{}">{}</span>', tone_of(share), said) if share >= NEARLY else said
    elif standing.ends_at is not None:
        first = "too early to tell"
    if standing.exhausted_at is not None:
        return first, f"spent by {_when(standing.exhausted_at)}"
    return first, "at this pace" if standing.forecast is not None else ""


def _estimate(amount: int, measure: str) -> str:
    return f"≈ {about(amount)}" if measure == COST else f"≈ {amount:,} units"


def _when(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"


def period_cell(standing: Standing) -> SafeString:
    period = PERIODS.get(standing.budget.period, standing.budget.period)
    if standing.ends_at is None:
        return cells.two_lines(period, "never resets")
    return cells.two_lines(period, format_html("resets {}", cells.moment(standing.ends_at, now=standing.now)))


def mode_cell(budget: Budget) -> SafeString:
    if not budget.enabled:
        return cells.chip("off", "yellow", title="Switched off: it neither counts nor refuses.")
    mode = Budget.Mode(budget.mode)
    return cells.chip(mode.value, MODE_TONES.get(mode.value, "grey"), title=mode.label)
