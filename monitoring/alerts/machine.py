"""What becomes of an alert when it is looked at again: one pure function, from what was and what is found to what is
now and what to tell.

    nothing ─ found ─▶ pending ─ still so after wait ─▶ firing ─ gone for calm ─▶ ended
                          └ gone ─▶ nothing               └ told again: worse, or repeat unless acknowledged
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from monitoring.alerts.findings import Finding

PENDING, FIRING, ENDED = "pending", "firing", "ended"  # Alert.State
BEGAN, WORSE, REPEAT, RECOVERY = "firing", "worse", "repeat", "recovery"  # AlertNews.What


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A rule's times. ``repeat`` zero: never."""

    wait: timedelta = timedelta(0)
    calm: timedelta = timedelta(0)
    repeat: timedelta = timedelta(0)
    recovery: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An alert's course; fields as in ``Alert``."""

    state: str
    began_at: datetime
    last_seen_at: datetime
    level: int = 0
    passing: bool = False
    fired_at: datetime | None = None
    calm_since: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None


class Step(NamedTuple):
    """``now`` ``None``: it was nothing. ``news``: what to tell, or ""."""

    now: Incident | None
    news: str = ""


def step(was: Incident | None, found: Finding | None, pace: Pace, now: datetime) -> Step:
    """``was`` is pending or firing, or ``None``."""
    if found is None:
        return _gone(was, pace, now)
    if was is None:
        was = Incident(state=PENDING, began_at=now, last_seen_at=now, level=found.level)
    seen = replace(was, last_seen_at=now, calm_since=None, level=found.level, passing=found.passing)
    if was.state == PENDING:
        if now - was.began_at < pace.wait:
            return Step(seen)
        return Step(replace(seen, state=FIRING, fired_at=now, told_at=now), BEGAN)
    if found.level > was.level:  # whoever acknowledged it did not know of this
        return Step(replace(seen, told_at=now, acknowledged_at=None), WORSE)
    if pace.repeat and was.acknowledged_at is None and now - (was.told_at or was.began_at) >= pace.repeat:
        return Step(replace(seen, told_at=now), REPEAT)
    return Step(seen)


def _gone(was: Incident | None, pace: Pace, now: datetime) -> Step:
    if was is None or was.state == PENDING:
        return Step(None)
    since = was.calm_since or now
    if now - since < pace.calm and not was.passing:
        return Step(replace(was, calm_since=since))
    over = replace(was, state=ENDED, calm_since=since, ended_at=now)
    return Step(over, RECOVERY if pace.recovery and not was.passing else "")
