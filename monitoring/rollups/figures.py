"""Figures of a span of time, read from the rollups: totals, by one dimension, and as a series.

Times are aware UTC datetimes; money is nano-dollars; latencies are milliseconds. What the viewer may not see is not in
any figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.access import Viewer
from monitoring.models import RollupState
from monitoring.rollups import reading, spans
from monitoring.rollups.columns import ATTEMPT_FIGURES, FIGURES
from monitoring.rollups.grains import moment_of
from monitoring.rollups.labels import OTHERS, labels
from monitoring.rollups.reading import Where, each
from monitoring.rollups.spans import Piece, Steps
from monitoring.rollups.state import current

BY = ("provider", "model", "team", "api_key")
_COLUMNS = {"provider": "provider", "model": "model", "team": "team_id", "api_key": "api_key_id"}
_NOTHING_PRUNED = RollupState(minutes_from=0, hours_from=0)


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
    ``refused``: a 4xx; ``cancelled``: the app left. Latencies are of what a vendor answered, not of errors and cached
    answers; the first byte is that of streams. Quantiles are ``None`` where there was nothing to measure; they are
    right to a quarter of their value. ``per_second``: output units a second while streams were written."""

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
    """What a provider, or one model of it, did with the attempts sent to it. ``failures`` are its own fault (not our
    account's, the app's, or the app's deadline's); ``timeouts`` also those that only began too slowly for a rule.
    Quantiles are of how long it took where it answered."""

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
    """Spans are widened to whole minutes; more than eight days ago to hours, more than a hundred to days."""
    rows = reading.read(_pieces(span), reading.where(viewer, only), FIGURES)
    return _figures(rows[0]) if rows else Figures()


def by(dimension: str, viewer: Viewer, span: Span, only: Only = Only(), *, most: int = 50) -> list[Group]:
    """The groups of one of ``BY`` with the most requests first; what lies beyond ``most`` is one group more, with the
    key "" and the label "others". Raises ``ValueError`` for another dimension."""
    groups, others = _groups(_column(dimension), viewer, span, only, most)
    return [*groups.values(), *others]


def series(viewer: Viewer, span: Span, only: Only = Only(), *, step: timedelta | None = None) -> list[Point]:
    """Points without a gap from ``since`` on; ``step`` (a minute, an hour, a day or a multiple of one) is chosen when
    it is not given, so that there are 40 to 400 of them. Steps begin at multiples of their length, UTC, the first
    before ``since``; of a time whose minutes or hours were pruned they are as long as what is left. Raises
    ``ValueError`` for a step that is no whole number of minutes, or gives more than 5,000 points."""
    steps = _steps(span, step)
    rows = reading.read([steps.piece], reading.where(viewer, only), FIGURES, by=[reading.step(steps)])
    return _points(steps, {at: values for at, *values in rows})


def series_by(
    dimension: str, viewer: Viewer, span: Span, only: Only = Only(), *, step: timedelta | None = None, most: int = 8
) -> list[tuple[Group, list[Point]]]:
    """A series each for the ``most`` groups with the most requests. Where ``step`` is not given, there are at most a
    hundred points."""
    column, steps = _column(dimension), _steps(span, step, several=True)
    groups, _ = _groups(column, viewer, span, only, most)
    among = [*reading.where(viewer, only), (column, list(groups))]
    terms = [each(column), reading.step(steps)]
    found: dict[Any, dict[int, Sequence[Any]]] = {key: {} for key in groups}
    for key, at, *values in reading.read([steps.piece], among, FIGURES, by=terms):
        found[key][at] = values
    return [(group, _points(steps, found[key])) for key, group in groups.items()]


def attempts(span: Span, *, provider: str = "", by_model: bool = False) -> list[Attempts]:
    """Attempts by provider, or by provider and model, the most first. Of all teams together: for who sees
    everything."""
    terms = [each("provider"), each("model")] if by_model else [each("provider")]
    rows = reading.read(_pieces(span), _provider(provider), ATTEMPT_FIGURES, by=terms, of_attempts=True)
    found = [
        Attempts(provider=row[0], model=row[1] if by_model else "", **reading.attempts_of(row[len(terms) :]))
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.attempts, one.provider, one.model))


def attempt_series(provider: str, span: Span, *, step: timedelta | None = None) -> list[tuple[datetime, Attempts]]:
    """Steps are those of ``series``; "" is all providers together."""
    steps = _steps(span, step)
    rows = reading.read([steps.piece], _provider(provider), ATTEMPT_FIGURES, by=[reading.step(steps)], of_attempts=True)
    found = {at: Attempts(provider=provider, model="", **reading.attempts_of(tuple(values))) for at, *values in rows}
    return [(moment_of(at), found.get(at) or Attempts(provider=provider, model="")) for at in steps]


def fresh_until() -> datetime | None:
    """Up to when the rollups hold everything that was written; ``None`` before the first run."""
    state = current()
    return state.rolled_at if state is not None else None


def _state() -> RollupState:
    return current() or _NOTHING_PRUNED


def _pieces(span: Span) -> list[Piece]:
    return spans.pieces(span.since, span.until, _state())


def _steps(span: Span, step: timedelta | None, *, several: bool = False) -> Steps:
    return spans.steps(span.since, span.until, step, _state(), several=several)


def _column(dimension: str) -> str:
    if dimension not in BY:
        raise ValueError(f"Figures are by one of {', '.join(BY)}.")
    return _COLUMNS[dimension]


def _provider(name: str) -> Where:
    return reading.one_of("provider", [name] if name else [])


def _groups(column: str, viewer: Viewer, span: Span, only: Only, most: int) -> tuple[dict[Any, Group], list[Group]]:
    """The ``most`` groups with the most requests by their keys, in that order, and what is beyond them, if any is: the
    totals without them."""
    pieces, conditions = _pieces(span), reading.where(viewer, only)
    rows = reading.read(
        pieces, conditions, FIGURES, by=[each(column)], tail=f" ORDER BY 2 DESC, 1 LIMIT {int(most) + 1}"
    )
    top = {key: values for key, *values in rows[:most]}
    names = labels(column, top, viewer)
    groups = {key: Group(key=str(key), label=names[key], figures=_figures(values)) for key, values in top.items()}
    if len(rows) <= most:
        return groups, []
    left = reading.without(reading.read(pieces, conditions, FIGURES)[0], top.values())
    return groups, [Group(key="", label=OTHERS, figures=_figures(left))]


def _figures(values: Sequence[Any]) -> Figures:
    return Figures(**reading.figures_of(values))


def _points(steps: Steps, found: Mapping[int, Sequence[Any]]) -> list[Point]:
    return [Point(at=moment_of(at), figures=_figures(found[at]) if at in found else Figures()) for at in steps]
