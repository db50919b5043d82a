"""The row of numbers at the top: each with its change against the span before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from monitoring.dashboards import words
from monitoring.dashboards.explained import TEXTS
from monitoring.rollups.figures import Figures

Tone = Literal["good", "bad", ""]
STILL = 0.005  # a change of less is none
LOUD = 0.05  # from which on a change has a colour; quantiles are coarser than that
LOUD_POINTS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``sign`` is an arrow, ``text`` its size, ``was`` the number before; ``tone`` says whether that is welcome, of
    changes that are worth a look."""

    sign: str
    text: str
    was: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    name: str
    value: str
    unit: str = ""
    change: Change | None = None
    note: str = ""

    @property
    def meaning(self) -> str:
        return TEXTS[self.name]


def tiles(now: Figures, before: Figures) -> list[Tile]:
    return [
        Tile(
            name="Requests",
            value=words.count(now.requests),
            change=relative(now.requests, before.requests, was=words.count(before.requests)),
        ),
        _rate("Error rate", now.error_rate, before.error_rate, welcome=-1),
        Tile(
            name="Cost",
            value=words.money(now.cost_nano),
            change=relative(now.cost_nano, before.cost_nano, was=words.money(before.cost_nano)),
            note=f"{words.count(now.unpriced)} without a known price" if now.unpriced else "",
        ),
        Tile(
            name="Saved",
            value=words.money(now.saved_nano),
            change=relative(now.saved_nano, before.saved_nano, was=words.money(before.saved_nano), welcome=1),
        ),
        _units("Input", now.input, before.input),
        _units("Output", now.output, before.output),
        _rate("Cached share", now.cached_share, before.cached_share, welcome=1),
        _time("Latency p50", now.p50_ms, before.p50_ms),
        _time("Latency p95", now.p95_ms, before.p95_ms),
        _time("Latency p99", now.p99_ms, before.p99_ms),
        _time("First byte", now.first_byte_p50_ms, before.first_byte_p50_ms),
        Tile(
            name="Throughput",
            value=words.per_second(now.per_second),
            change=relative(now.per_second, before.per_second, was=words.per_second(before.per_second), welcome=1),
        ),
    ]


def relative(now: float | None, before: float | None, *, was: str, welcome: int = 0) -> Change | None:
    """``welcome``: 1 where more is better, -1 where less is, 0 where nobody can say. ``None`` where there is nothing to
    compare: before was nothing, or was not measured."""
    if now is None or not before:
        return None
    return _change(now / before - 1, was=was, welcome=welcome, text=_percent, loud=LOUD)


def points(now: float | None, before: float | None, *, was: str, welcome: int = 0) -> Change | None:
    """Of two shares, in percentage points."""
    if now is None or before is None:
        return None
    moved = 100 * (now - before)
    if abs(moved) < 0.05:
        return Change(sign="", text="unchanged", was=was)
    return _change(moved, was=was, welcome=welcome, text=lambda size: f"{size:.1f} points", loud=LOUD_POINTS)


def _change(moved: float, *, was: str, welcome: int, text: Callable[[float], str], loud: float) -> Change:
    if abs(moved) < STILL:
        return Change(sign="", text="unchanged", was=was)
    up = moved > 0
    tone: Tone = "" if not welcome or abs(moved) < loud else "good" if up == (welcome > 0) else "bad"
    return Change(sign="↑" if up else "↓", text=text(abs(moved)), was=was, tone=tone)


def _percent(size: float) -> str:
    if size >= 9.995:
        return f"{size + 1:.0f}×" if size < 1000 else "over 1000×"
    return f"{100 * size:.0f} %" if size >= 0.0995 else f"{100 * size:.1f} %"


def _rate(name: str, now: float | None, before: float | None, *, welcome: int) -> Tile:
    change = points(now, before, was=words.share(before), welcome=welcome)
    return Tile(name=name, value=words.share(now), change=change)


def _units(name: str, now: int, before: int) -> Tile:
    return Tile(name=name, value=words.short(now), change=relative(now, before, was=words.short(before)))


def _time(name: str, now: float | None, before: float | None) -> Tile:
    change = relative(now, before, was=words.milliseconds(before), welcome=-1)
    return Tile(name=name, value=words.milliseconds(now), change=change)
