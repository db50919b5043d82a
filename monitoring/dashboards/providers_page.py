"""The board of providers: how each is, what it did in the last day, and what one can do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from monitoring.access import Viewer
from monitoring.dashboards import links, spans, words
from monitoring.dashboards.base import Board
from monitoring.dashboards.explained import WORDS as texts
from monitoring.dashboards.overview import whole
from monitoring.dashboards.reliability import WORDS
from monitoring.dashboards.sparks import Spark, spark
from monitoring.health import board
from monitoring.rollups.figures import Figures, Group, Point, Span
from providers.environment import environ
from providers.overview import Glance, overview
from providers.status import TokenCounts
from providers.vendors import all_vendors

STEP = timedelta(minutes=30)
MOST_TRENDS = 60
KINDS = {"healthy": "good", "resting": "warn", "suspended": "bad", "retired": "idle", "disabled": "idle"}
SAID = {"healthy": "ready", "disabled": "switched off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPart:
    count: int
    word: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One provider. ``reason`` and ``tokens`` only for who sees everything; addresses are "" where they may not."""

    name: str
    vendor: str
    status: str
    word: str
    since: str
    reason: str
    trend: Spark | None
    requests: str
    errors: str
    failing: bool
    p95: str
    cost: str
    tokens: Sequence[TokenPart]
    models: int
    models_url: str
    configure_url: str
    requests_url: str
    may_test: bool


class Providers(Board):
    """``GET /dashboards/providers/``."""

    template_name = "dashboards/providers.html"

    def context(self, **names: Any) -> dict[str, Any]:
        until = spans.floor(self.now, STEP) + STEP
        day = Span(since=until - spans.DAY, until=until)
        today = Span(since=spans.floor(self.now, spans.DAY), until=until)
        groups = {one.key: one for one in self.source.by("provider", self.viewer, day)}
        costs = {one.key: one.figures.cost_nano for one in self.source.by("provider", self.viewer, today)}
        trends = {
            group.key: points
            for group, points in self.source.series_by("provider", self.viewer, day, step=STEP, most=MOST_TRENDS)
        }
        glances = {one.name: (pk, one) for pk, one in overview(environ(), now=self.now).items()}
        vendors = _vendors()
        cards = [
            card(
                _now(state, glances),
                glances.get(state.provider),
                groups.get(state.provider),
                trends.get(state.provider, ()),
                costs.get(state.provider, 0),
                viewer=self.viewer,
                span=day,
                vendor=vendors.get(state.provider, ""),
                now=self.now,
            )
            for state in board.states()
        ]
        awake = [one for one in cards if one.status != "off" and _is_on(glances, one.name)]
        return {
            "cards": sorted(awake, key=_worst_first),
            "asleep": [one for one in cards if one not in awake] if self.viewer.everything else [],
            "counts": [
                (WORDS[status], status, sum(one.status == status for one in awake))
                for status in ("down", "degraded", "healthy", "unknown")
            ],
            "texts": texts,
            "everything": self.viewer.everything,
            "admin_url": links.page("admin:providers_provider_changelist")
            if getattr(self.viewer.user, "is_staff", False) and self.viewer.may("providers.view_provider")
            else "",
        }


def card(
    state: board.State,
    known: tuple[int, Glance] | None,
    group: Group | None,
    trend: Sequence[Point],
    cost_today: int,
    *,
    viewer: Viewer,
    span: Span,
    vendor: str,
    now: Any,
) -> Card:
    figures = group.figures if group else Figures()
    rate = figures.error_rate
    pk, glance = known or (0, None)
    return Card(
        name=state.provider,
        vendor=vendor if vendor.lower() != state.provider.lower() else "",
        status=state.status,
        word=WORDS.get(state.status, state.status),
        since=f"for {words.length((now - state.since).total_seconds())}" if state.since else "",
        reason=state.reason if viewer.everything else "",
        trend=spark([point.figures.requests for point in whole(trend, now)]),
        requests=words.count(figures.requests),
        errors=words.share(rate),
        failing=rate is not None and rate >= 0.05,
        p95=words.milliseconds(figures.p95_ms),
        cost=words.money(cost_today),
        tokens=token_parts(glance.tokens) if glance and viewer.everything else (),
        models=glance.models if glance else 0,
        models_url=links.page("dashboards:models", state.provider),
        configure_url=links.configure(pk, viewer) if pk else "",
        requests_url=links.requests(span, now, [("provider", state.provider)]) if figures.requests else "",
        may_test=bool(pk) and viewer.may("providers.change_provider"),
    )


def token_parts(counts: TokenCounts) -> list[TokenPart]:
    return [
        TokenPart(count=getattr(counts, name), word=SAID.get(name, name), kind=kind)
        for name, kind in KINDS.items()
        if getattr(counts, name)
    ]


def _is_on(glances: Mapping[str, tuple[int, Glance]], name: str) -> bool:
    found = glances.get(name)
    return found is None or found[1].enabled


def _now(state: board.State, glances: Mapping[str, tuple[int, Glance]]) -> board.State:
    """One that was switched on a moment ago is not looked at yet: the board shows it at once."""
    stale = state.status == "off" and state.provider in glances and _is_on(glances, state.provider)
    return replace(state, status="unknown", since=None, reason="Not looked at yet.") if stale else state


def _worst_first(card: Card) -> tuple[int, str]:
    order = ("down", "degraded", "healthy", "unknown")
    return (order.index(card.status) if card.status in order else len(order), card.name)


def _vendors() -> dict[str, str]:
    """A provider's vendor, by its name for people."""
    from providers.models import Provider

    known = all_vendors()
    rows = Provider.objects.order_by().values_list("name", "vendor")
    return {name: known[slug].name if slug in known else slug for name, slug in rows}
