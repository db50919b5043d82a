"""Figures of a span of time, read from the rollups: totals, by one dimension, and as a series.

Times are aware UTC datetimes; money is nano-dollars; latencies are milliseconds. What the viewer may not see is not in
any figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.access import Viewer

BY = ("provider", "model", "team", "api_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``since`` up to, not including, ``until``."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which requests are meant; empty: all. Ids and names of several are alternatives."""

    teams: Sequence[int] = ()
    api_keys: Sequence[int] = ()
    providers: Sequence[str] = ()
    models: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``failed``: the app got an error that was not its own (5xx, a broken stream, a call the process's death cut);
    ``refused``: a 4xx; ``cancelled``: the app left. Quantiles are ``None`` where there was nothing to measure; they
    are right to a quarter of their value. ``per_second``: output units a second while answers were written."""

    requests: int = 0
    failed: int = 0
    refused: int = 0
    cancelled: int = 0
    cached: int = 0  # answered by the answer cache
    fallbacks: int = 0  # answered by another target than the first that was tried
    retries: int = 0  # attempts beyond the first
    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    cost_nano: int = 0
    saved_nano: int = 0
    unpriced: int = 0  # requests that used something and whose cost is not known
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    first_byte_p50_ms: float | None = None
    first_byte_p95_ms: float | None = None
    per_second: float | None = None

    @property
    def error_rate(self) -> float | None:
        """Failed of those that were tried: without what was refused or left by the app. ``None`` without any."""
        tried = self.requests - self.refused - self.cancelled
        return self.failed / tried if tried else None

    @property
    def cached_share(self) -> float | None:
        """Of the input, what the vendors' prompt caches served."""
        return self.cached_input / self.input if self.input else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """``key``: a provider's name, a model's id, or the id of a team or API key (0: none), as text; ``label``: its name
    for people."""

    key: str
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: datetime  # when its step began
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What a provider, or one model of it, did with the attempts sent to it. ``failures`` are its own fault."""

    provider: str
    model: str  # "": all of them together
    attempts: int = 0
    failures: int = 0
    rate_limited: int = 0
    timeouts: int = 0
    cost_nano: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None

    @property
    def failure_rate(self) -> float | None:
        return self.failures / self.attempts if self.attempts else None


def totals(viewer: Viewer, span: Span, only: Only = Only()) -> Figures:
    raise NotImplementedError


def by(dimension: str, viewer: Viewer, span: Span, only: Only = Only(), *, most: int = 50) -> list[Group]:
    """The groups of one of ``BY`` with the most requests first; what lies beyond ``most`` is one group more, with the
    key "" and the label "others"."""
    raise NotImplementedError


def series(viewer: Viewer, span: Span, only: Only = Only(), *, step: timedelta | None = None) -> list[Point]:
    """Points without a gap from ``since`` on; ``step`` (a minute, an hour, a day or a multiple of one) is chosen when
    it is not given, so that there are 40 to 400 of them."""
    raise NotImplementedError


def series_by(
    dimension: str, viewer: Viewer, span: Span, only: Only = Only(), *, step: timedelta | None = None, most: int = 8
) -> list[tuple[Group, list[Point]]]:
    """A series each for the ``most`` groups with the most requests."""
    raise NotImplementedError


def attempts(span: Span, *, provider: str = "", by_model: bool = False) -> list[Attempts]:
    """Attempts by provider, or by provider and model. Of all teams together: for who sees everything."""
    raise NotImplementedError


def attempt_series(provider: str, span: Span, *, step: timedelta | None = None) -> list[tuple[datetime, Attempts]]:
    raise NotImplementedError


def fresh_until() -> datetime | None:
    """Up to when the rollups hold everything that was written; ``None`` before the first run."""
    raise NotImplementedError
