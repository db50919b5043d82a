"""What a rule asks and what it finds: plain values, so that a kind can be judged without a database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An ``AlertRule``'s terms. ``threshold`` ``None``: the kind's own. Names and ids are "" and 0 where all are
    meant; ``per`` is one of ``AlertRule.Per``."""

    threshold: float | None = None
    window_minutes: int = 10
    least_requests: int = 20
    per: str = "provider"
    provider: str = ""
    model: str = ""
    team: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is so now. ``subject`` stays the same for as long as it is the same thing; ``level`` grows when it
    becomes worse, which is told again. ``team``: whose it is, 0 for nobody's. ``passing``: it is news more than a
    state, and ends as time goes by without anybody being told."""

    subject: str
    title: str
    text: str = ""
    value: float | None = None
    level: int = 0
    team: int = 0
    passing: bool = False


class Unknowable(Exception):
    """It cannot be told now how things are: nothing begins and nothing ends. The message is for people."""
