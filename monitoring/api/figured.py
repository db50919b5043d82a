"""Figures, attempts and the span they are of, as the API writes them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from monitoring.api.shapes import usd
from monitoring.models import MetricsBaseline
from monitoring.rollups.figures import Attempts, Figures, Span

MINUTE = timedelta(minutes=1)


class Counted(NamedTuple):
    """The span that is counted, and whether the ``baseline`` or the asked ``span`` decided where it begins."""

    span: Span
    since: str
    baseline: MetricsBaseline | None


def counted(span: Span) -> Counted:
    """``span`` without what lies before the last reset. Figures are kept by the minute: counting begins with the first
    whole one after it, so that nothing of before is shown."""
    baseline = newest()
    if baseline is None or baseline.at <= span.since:
        return Counted(span, "span", baseline)
    begin = baseline.at.replace(second=0, microsecond=0)
    begin = begin if begin == baseline.at else begin + MINUTE
    return Counted(Span(since=begin, until=max(begin, span.until)), "baseline", baseline)


def newest() -> MetricsBaseline | None:
    return MetricsBaseline.objects.order_by("-at", "-id").first()


def figures_of(found: Figures) -> dict[str, Any]:
    return {
        **_rounded(found),
        "error_rate": found.error_rate,
        "cached_share": found.cached_share,
        "cost_usd": usd(found.cost_nano),
        "saved_usd": usd(found.saved_nano),
    }


def attempts_of(found: Attempts | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**_rounded(found), "failure_rate": found.failure_rate, "cost_usd": usd(found.cost_nano)}


def _rounded(found: Figures | Attempts) -> dict[str, Any]:
    """Quantiles are estimates: no more digits than mean something."""
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(found).items()}


def shown(one: Counted, fresh: datetime | None, *, everything: bool) -> dict[str, Any]:
    """What every answer about figures begins with. Who reset them is told to who sees everything."""
    reset = one.baseline and {"at": one.baseline.at, "by": one.baseline.by if everything else None}
    return {"span": one.span, "counted_from": one.since, "baseline": reset, "fresh_until": fresh}
