"""What happens beside the requests, as viewers of the live log see it: one shape for tokens, breakers, pools, health,
budgets and alerts, made of what was told and of what the tables keep of it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.budgets.happenings import BudgetNews
from gateway.models import BudgetEvent
from monitoring.alerts.happenings import AlertChange
from monitoring.health import words
from monitoring.health.board import Outage
from monitoring.health.topic import HealthChange
from providers.happenings import Happening

LONG = 300  # characters
GOOD, INFO, WARNING, BAD = "good", "info", "warning", "bad"
TITLES = {
    ("token", "healthy"): (GOOD, "Token works again"),
    ("token", "cooling"): (WARNING, "Token rests"),
    ("token", "suspended"): (BAD, "Token suspended"),
    ("token", "probation"): (INFO, "Token on probation"),
    ("token", "retired"): (BAD, "Token retired"),
    ("token", "rotated"): (INFO, "Token sent to the back"),
    ("breaker", "open"): (BAD, "Circuit breaker opened"),
    ("breaker", "half_open"): (WARNING, "Circuit breaker lets probes through"),
    ("breaker", "closed"): (GOOD, "Circuit breaker closed"),
    ("pool", "low"): (WARNING, "Few tokens left in the pool"),
    ("pool", "enough"): (GOOD, "Enough tokens in the pool again"),
    ("health", words.HEALTHY): (GOOD, "Healthy"),
    ("health", words.DEGRADED): (WARNING, "Degraded"),
    ("health", words.DOWN): (BAD, "Down"),
    ("health", words.UNKNOWN): (INFO, "Health unknown"),
    ("health", words.OFF): (INFO, "Switched off"),
}
BUDGET_LEVELS = {
    BudgetEvent.Kind.THRESHOLD: WARNING,
    BudgetEvent.Kind.OVER_HOLD: WARNING,
    BudgetEvent.Kind.LEASE_LOST: INFO,
    BudgetEvent.Kind.MISMATCH: BAD,
    BudgetEvent.Kind.CORRECTED: INFO,
}
OVER = frozenset({"recovery", "ended"})
ALERT_TITLES = {
    "firing": "Alert",
    "worse": "Alert became worse",
    "repeat": "Alert goes on",
    "recovery": "Alert is over",
    "ended": "Alert is over",
    "acknowledged": "Alert acknowledged",
}
SEVERITIES = {"info": INFO, "warning": WARNING, "critical": BAD}


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event. ``id``: the same live and from the database. ``time``: milliseconds since the epoch (UTC). ``kind``:
    token, breaker, pool, health, budget or alert. ``level``: good, info, warning or bad. ``title`` and ``text`` say it
    in words; ``name`` is the budget's or the alert's, ``token`` a fingerprint."""

    id: str
    time: int
    kind: str
    level: str
    title: str
    text: str = ""
    provider: str = ""
    model: str = ""
    token: str = ""
    name: str = ""
    before: str = ""
    after: str = ""


class News(NamedTuple):
    """An event, and whose it is beside everybody's who sees everything: ``team_id``, or the team of ``budget_id``."""

    event: Event
    team_id: int = 0
    budget_id: int = 0


def of_happening(told: Happening) -> News:
    level, title = TITLES.get((told.kind, told.after), (INFO, f"{told.kind}: {told.after}"))
    event = Event(
        id=_id(told.kind, told.provider, told.token, told.model, told.after, round(told.at * 1000)),
        time=round(told.at * 1000),
        kind=told.kind,
        level=level,
        title=title,
        text=told.reason[:LONG],
        provider=told.provider,
        model=told.model,
        token=told.token,
        before=told.before,
        after=told.after,
    )
    return News(event)


def of_health(told: HealthChange, *, now: datetime) -> News:
    state, before = told.after, told.before
    since = state.since or now
    return News(
        _health(state.provider, state.model, state.status, since, state.reason, before=before.status if before else "")
    )


def of_outage(outage: Outage) -> list[News]:
    """Its beginning and, if it is over, its end."""
    began = _health(outage.provider, outage.model, outage.status, outage.began_at, outage.reason)
    if outage.ended_at is None:
        return [News(began)]
    return [News(began), News(_health(outage.provider, outage.model, words.HEALTHY, outage.ended_at, ""))]


def of_budget(told: BudgetNews) -> News:
    kind = BudgetEvent.Kind(told.kind)
    event = Event(
        id=_id("budget", told.kind, told.budget_id, _ms(told.at), told.text),
        time=_ms(told.at),
        kind="budget",
        level=BAD if told.threshold >= 100 else BUDGET_LEVELS[kind],
        title=str(kind.label),
        text=told.text[:LONG],
        name=told.budget,
    )
    return News(event, budget_id=told.budget_id)


def of_alert(told: AlertChange) -> News:
    over = told.what in OVER
    once = "over" if over else "firing" if told.what == "firing" else f"{told.what} {_ms(told.at)}"
    event = Event(
        id=_id("alert", told.alert_id, once),
        time=_ms(told.at),
        kind="alert",
        level=GOOD if over else INFO if told.what == "acknowledged" else SEVERITIES.get(told.severity, WARNING),
        title=f"{ALERT_TITLES.get(told.what, 'Alert')}: {told.title}"[:LONG],
        text=told.text[:LONG],
        name=told.title,
    )
    return News(event, team_id=told.team_id)


def _health(provider: str, model: str, status: str, at: datetime, reason: str, *, before: str = "") -> Event:
    level, title = TITLES.get(("health", status), (INFO, status))
    return Event(
        id=_id("health", provider, model, _ms(at)),
        time=_ms(at),
        kind="health",
        level=level,
        title=title,
        text=reason[:LONG],
        provider=provider,
        model=model,
        before=before,
        after=status,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _id(*parts: object) -> str:
    return hashlib.blake2s("\0".join(map(str, parts)).encode(), digest_size=8).hexdigest()
