"""The page of reliability: uptime by day, failures, fallbacks, outages. Members of teams see how providers are, and of
calls their own: why a provider was ill tells of everybody's traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.access import Viewer
from monitoring.dashboards import spans, uptime_days, words
from monitoring.dashboards.base import Board
from monitoring.dashboards.explained import WORDS as texts
from monitoring.dashboards.uptime_days import DayUp
from monitoring.health import board
from monitoring.health.seen import seen
from monitoring.rollups import figures
from monitoring.rollups.figures import Attempts, Figures, Span

DAYS = 90
SHOWN_OUTAGES = 50
WORDS = {"healthy": "Healthy", "degraded": "Degraded", "down": "Down", "unknown": "Unknown", "off": "Off"}
ASLEEP = ("off", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One day's bar: where it stands, and what it says."""

    x: float
    status: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One provider over the whole time. ``troubled``: its days that were not healthy, in words, the newest first."""

    name: str
    status: str
    word: str
    uptime: str
    outages: int
    recovery: str
    failures: str
    calls: str
    fallbacks: str
    ticks: Sequence[Tick]
    troubled: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageLine:
    provider: str
    model: str
    status: str
    word: str
    began: str
    lasted: str
    running: bool
    reason: str
    signal: str
    fallbacks: str


class Reliability(Board):
    """``GET /dashboards/reliability/``."""

    template_name = "dashboards/reliability.html"

    def context(self, **names: Any) -> dict[str, Any]:
        until = spans.floor(self.now, spans.DAY) + spans.DAY
        span = Span(since=until - DAYS * spans.DAY, until=until)
        lines = self._lines(span)
        found = seen(self.viewer, board.outages(since=span.since), span, source=self.source)
        shown = [one for one in found if one.provider in {line.name for line in lines}][: SHOWN_OUTAGES + 1]
        return {
            "lines": lines,
            "outages": [outage(one, self.viewer, now=self.now) for one in shown[:SHOWN_OUTAGES]],
            "more": len(shown) > SHOWN_OUTAGES,
            "everything": self.viewer.everything,
            "ill": [line for line in lines if line.status in ("degraded", "down")],
            "days": DAYS,
            "width": DAYS * 4 - 1,
            "first_day": f"{span.since.day} {span.since:%b}",
            "texts": texts,
        }

    def _lines(self, span: Span) -> list[Line]:
        days = uptime_days.by_day(days=DAYS, now=self.now)
        ups = {one.provider: one for one in board.uptimes(since=span.since, until=self.now)}
        own = {one.key: one.figures for one in self.source.by("provider", self.viewer, span)}
        tried = {one.provider: one for one in figures.attempts(span)} if self.viewer.everything else None
        wanted = [
            one for one in board.states() if one.status not in ASLEEP or one.provider in days or one.provider in own
        ]
        return [
            line(
                one,
                days.get(one.provider, []),
                ups.get(one.provider),
                own.get(one.provider, Figures()),
                tried,
            )
            for one in wanted
        ]


def line(
    state: board.State,
    days: Sequence[DayUp],
    up: board.Uptime | None,
    own: Figures,
    tried: Mapping[str, Attempts] | None,
) -> Line:
    """``tried`` is ``None`` for members of teams: their own calls are told instead."""
    calls, rate, fallbacks = own.requests, own.error_rate, own.fallbacks
    if tried is not None:
        sent = tried.get(state.provider)
        calls, rate = (sent.attempts, sent.failure_rate) if sent else (0, None)
        fallbacks = up.fallbacks if up else 0
    return Line(
        name=state.provider,
        status=state.status,
        word=WORDS.get(state.status, state.status),
        uptime=percent_up(up.share if up else None),
        outages=up.outages if up else 0,
        recovery=words.length(up.mean_recovery_s if up else None),
        failures=words.share(rate),
        calls=words.short(calls),
        fallbacks=words.count(fallbacks),
        ticks=[Tick(x=4.0 * place, status=one.status, text=said(one)) for place, one in enumerate(days)],
        troubled=[said(one) for one in reversed(days) if one.status in ("down", "degraded")],
    )


def percent_up(share: float | None) -> str:
    """Two decimals: 99.95 %. What was ever down never reads as 100."""
    if share is None:
        return words.NONE
    if share >= 1:
        return "100 %"
    return f"{min(100 * share, 99.99):.2f} %"


def said(day: DayUp) -> str:
    """``12 Nov: down 2 h 50 min``."""
    name = f"{day.day.day} {day.day:%b}"
    if not day.status:
        return f"{name}: not watched"
    parts = [f"{word} {words.length(seconds)}" for word, seconds in (("down", day.down), ("degraded", day.degraded)) if
             seconds >= uptime_days.LITTLE]  # fmt: skip
    return f"{name}: {', '.join(parts) or 'healthy'}"


def outage(one: board.Outage, viewer: Viewer, *, now: datetime) -> OutageLine:
    ended = one.ended_at or now
    return OutageLine(
        provider=one.provider,
        model=one.model,
        status=one.status,
        word=WORDS.get(one.status, one.status),
        began=_when(one.began_at, now),
        lasted=words.length(max(ended - one.began_at, timedelta(0)).total_seconds()),
        running=one.ended_at is None,
        reason=one.reason if viewer.everything else "",
        signal=one.signal if viewer.everything else "",
        fallbacks=words.count(one.fallbacks) if viewer.everything else "",
    )


def _when(at: datetime, now: datetime) -> str:
    return words.moment(at) if at.year == now.year else f"{spans.day(at)} {at:%H:%M}"
