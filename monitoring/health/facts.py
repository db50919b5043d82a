"""What a judgement is made of: plain numbers about one target. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitoring.health.words import UNKNOWN

TRAFFIC, BREAKER, PROBE, TEST, NONE = "traffic", "breaker", "probe", "test", ""  # the signals


class Beat(NamedTuple):
    """What came of attempts that ended within one second. ``limited``: the vendor refused the pace."""

    second: int
    answered: int = 0
    failed: int = 0
    limited: int = 0


class Counts(NamedTuple):
    answered: int = 0
    failed: int = 0
    limited: int = 0

    @property
    def share(self) -> float:
        """Of the attempts that tell of the vendor, those that failed."""
        told = self.answered + self.failed
        return self.failed / told if told else 0.0

    @property
    def limited_share(self) -> float:
        told = self.answered + self.failed + self.limited
        return self.limited / told if told else 0.0

    @property
    def empty(self) -> bool:
        return not (self.answered or self.failed or self.limited)

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


class Traffic:
    """A target's beats."""

    __slots__ = ("beats",)

    def __init__(self, beats: Iterable[Beat] = ()) -> None:
        self.beats: Sequence[Beat] = tuple(sorted(beats))

    def since(self, start: float) -> Counts:
        """Of the seconds after ``start``."""
        found = [beat for beat in self.beats if beat.second > start]
        return Counts(*(sum(beat[place] for beat in found) for place in (1, 2, 3)))

    @property
    def last(self) -> int:
        """The second of its last attempt, 0 for none."""
        return self.beats[-1].second if self.beats else 0

    @property
    def last_answered(self) -> int:
        return max((beat.second for beat in self.beats if beat.answered), default=0)

    def __bool__(self) -> bool:
        return bool(self.beats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Times in seconds, shares from 0 to 1. ``least``: failures below which no share counts. ``recover``: answered
    attempts that make an ill target well. ``stale``: how long what was seen holds where nothing new is."""

    window: float = 300
    least: int = 5
    down: float = 0.5
    degraded: float = 0.1
    recover: int = 3
    stale: float = 900


class Breaker(NamedTuple):
    """``until``: when an open one lets a call try. Times are seconds since the epoch."""

    state: str
    until: float = 0
    changed_at: float = 0
    reason: str = ""


class Pool(NamedTuple):
    """Tokens by what may be done with them. ``back_at``: when the first that rests is back."""

    usable: int = 1
    resting: int = 0
    total: int = 1
    back_at: float = 0


class Probed(NamedTuple):
    """``possible``: the vendor has a free call. ``ok`` and ``at`` of the last one; ``failures`` in a row; ``failed_at``
    of the last that failed. ``ok`` is ``None`` where it could not tell."""

    possible: bool = False
    at: float = 0
    ok: bool | None = None
    failures: int = 0
    failed_at: float = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``problem``: why it cannot be called, as its settings stand. ``pool`` is ``None`` for a model. ``parts``: a
    provider's models."""

    enabled: bool = True
    problem: str = ""
    pool: Pool | None = None
    breaker: Breaker | None = None
    traffic: Traffic = field(default_factory=Traffic)
    parts: Mapping[str, Traffic] = field(default_factory=dict)
    probed: Probed = Probed()


class Before(NamedTuple):
    """What it was judged to be until now, and since when."""

    status: str = UNKNOWN
    since: float = 0
    signal: str = NONE


class Judgement(NamedTuple):
    status: str
    reason: str
    signal: str
