"""What becomes of alerts, told in process after the commit, in the thread that evaluated. Listeners return at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from providers.topic import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """``what``: firing, worse, repeat, recovery, ended (without a message) or acknowledged. ``team_id`` 0: nobody's,
    for who sees everything."""

    what: str
    alert_id: int
    kind: str
    severity: str
    title: str
    text: str
    team_id: int
    at: datetime


alert_changed: Topic[AlertChange] = Topic("alert_changed")
