"""Latency: one request in twenty takes longer than it should."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from monitoring.alerts.findings import Finding, Terms
from monitoring.alerts.rules.measured import Measured, measured

USUAL: Final = 60.0  # seconds


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, measured(terms, now))


def judge(terms: Terms, seen: Iterable[Measured]) -> list[Finding]:
    most = USUAL if terms.threshold is None else terms.threshold
    return [finding for one in seen if (finding := _judge_one(terms, one, most)) is not None]


def _judge_one(terms: Terms, one: Measured, most: float) -> Finding | None:
    p95 = one.figures.p95_ms
    if p95 is None or one.figures.requests < max(terms.least_requests, 1) or p95 / 1000 <= most:
        return None
    return Finding(
        subject=one.subject,
        title=f"Slow: one request in twenty takes {p95 / 1000:,.1f} s or more: {one.name}",
        text=f"Of {one.figures.requests:,} requests in the last {terms.window_minutes} minutes; told above {most:g} s.",
        value=p95 / 1000,
        team=one.team,
    )
