"""What budgets tell in process, after the commit and in the thread that booked. Listeners return at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from gateway.budgets.store import Key
from providers.topic import Topic


class BudgetNews(NamedTuple):
    """A ``gateway.models.BudgetEvent`` that was just written. ``kind`` is one of its kinds; ``threshold`` is in
    percent, 0 where it is about none; ``exchange_id`` is "" where it is about no call."""

    kind: str
    budget_id: int
    budget: str
    text: str
    at: datetime
    threshold: int = 0
    exchange_id: str = ""


class Part(NamedTuple):
    """What a period was charged, and how much of that came out of the holder's lease."""

    total: int
    leased: int


class Booked(NamedTuple):
    """What of one holder's calls was booked."""

    holder: str
    parts: Mapping[Key, Part]


budget_event: Topic[BudgetNews] = Topic("budget_event")
budget_booked: Topic[Booked] = Topic("budget_booked")
