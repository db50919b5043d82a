"""Price unknown: requests used something and nobody knows what it costs, so that budgets and dashboards miss it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from monitoring.alerts.findings import Finding, Terms
from monitoring.alerts.rules.measured import Measured, measured
from monitoring.models import AlertRule

USUAL: Final = 0.0  # told above it: one is enough


def find(terms: Terms, now: datetime) -> list[Finding]:
    """Of each model, whatever the rule says."""
    terms = replace(terms, per=AlertRule.Per.MODEL.value)
    return judge(terms, measured(terms, now))


def judge(terms: Terms, seen: Iterable[Measured]) -> list[Finding]:
    most = USUAL if terms.threshold is None else terms.threshold
    return [
        Finding(
            subject=one.subject,
            title=f"Price unknown: {one.name}",
            text=f"{one.figures.unpriced:,} of {one.figures.requests:,} requests in the last {terms.window_minutes} "
            "minutes have no known cost. Give the model a price on its page; the log can then be rated again.",
            value=float(one.figures.unpriced),
            team=one.team,
        )
        for one in seen
        if one.figures.unpriced > most
    ]
