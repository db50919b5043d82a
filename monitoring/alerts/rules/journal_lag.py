"""Journal behind: calls of a machine are closed but not logged and booked, as its processes report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from monitoring.alerts import process
from monitoring.alerts.findings import Finding, Terms
from monitoring.models import ProcessReport

USUAL: Final = 60.0  # seconds


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, process.alive(now))


def judge(terms: Terms, reports: Iterable[ProcessReport]) -> list[Finding]:
    """Of each machine once, by the worst that one of its processes said."""
    most = USUAL if terms.threshold is None else terms.threshold
    worst: dict[str, ProcessReport] = {}
    for one in reports:
        if one.host not in worst or one.journal_lag_s > worst[one.host].journal_lag_s:
            worst[one.host] = one
    return [
        Finding(
            subject=f"host:{host}",
            title=f"The journal of {host} is {one.journal_lag_s:,.0f} s behind",
            text=f"{_size(one.journal_bytes)} wait to be logged and booked. Nothing is lost, but budgets and "
            f"dashboards do not know of it yet. Told above {most:g} s.",
            value=round(one.journal_lag_s, 1),
        )
        for host, one in sorted(worst.items())
        if one.journal_lag_s > most
    ]


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB" if count >= 1_000_000 else f"{count / 1000:,.1f} kB"
