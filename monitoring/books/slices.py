"""A long rating cut into slices that fit a task: what a slice moved is told, and where the next one begins."""

from __future__ import annotations

from monitoring.books import moving, rerating
from monitoring.books.rerating import Counted
from monitoring.books.span import Place
from monitoring.models import Rerating
from providers.compiling import compile_catalogue
from providers.environment import environ
from providers.pricing.money import usd


def rate_slice(pk: int, *, after: str = "", seconds: float = 120.0) -> str:
    """Goes on with the run ``pk`` behind the place ``after`` for ``seconds`` or so. Returns the place to go on from, ""
    at its end, or where the run is gone or over."""
    record = Rerating.objects.filter(pk=pk, ended_at__isnull=True).first()
    if record is None:
        return ""
    span, catalogue = rerating.span_of(record), compile_catalogue(environ())
    counted = rerating.run(record, span, catalogue, after=Place.parse(after) if after else None, seconds=seconds)
    finish(record, counted)
    return str(counted.after) if counted.after is not None else ""


def finish(record: Rerating, counted: Counted) -> None:
    """Tells of the budgets that were moved."""
    if counted.spent:
        moving.tell(
            counted.spent,
            reason=f"Rated again (run {record.pk})",
            usd={period: usd(amount) for period, amount in counted.spent.items()},
        )
