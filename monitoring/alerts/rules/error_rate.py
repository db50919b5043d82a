"""Error rate: too large a share of the requests failed. Refused ones and those that the app left do not count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from monitoring.alerts.findings import Finding, Terms
from monitoring.alerts.rules.measured import Measured, measured

USUAL: Final = 10.0  # percent


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, measured(terms, now))


def judge(terms: Terms, seen: Iterable[Measured]) -> list[Finding]:
    most = USUAL if terms.threshold is None else terms.threshold
    return [finding for one in seen if (finding := _judge_one(terms, one, most)) is not None]


def _judge_one(terms: Terms, one: Measured, most: float) -> Finding | None:
    figures, rate = one.figures, one.figures.error_rate
    tried = figures.requests - figures.refused - figures.cancelled
    if rate is None or tried < max(terms.least_requests, 1) or rate * 100 <= most:
        return None
    return Finding(
        subject=one.subject,
        title=f"{rate:.1%} of the requests fail: {one.name}",
        text=f"{figures.failed:,} of {tried:,} in the last {terms.window_minutes} minutes; told above {most:g} %.",
        value=rate * 100,
        team=one.team,
    )
