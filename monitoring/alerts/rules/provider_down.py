"""Provider down: as the health board says, of a provider as a whole or of one model of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from monitoring.alerts.findings import Finding, Terms
from monitoring.health import board
from monitoring.health.board import State
from monitoring.health.words import DOWN


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, board.states(models=bool(terms.model)))


def judge(terms: Terms, states: Iterable[State]) -> list[Finding]:
    return [
        Finding(
            subject=f"provider:{one.provider}" + (f" model:{one.model}" if one.model else ""),
            title=f"{one.provider} is down" + (f": {one.model}" if one.model else ""),
            text=one.reason,
        )
        for one in states
        if one.status == DOWN and one.model == terms.model and terms.provider in ("", one.provider)
    ]
