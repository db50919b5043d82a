"""``/providers/status`` and ``/providers/health``: how providers are and were."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.api.base import MonitoringView, answer
from monitoring.api.documented import FIGURES, told
from monitoring.api.params import HealthParams, StatusParams, read, span_of
from monitoring.api.shapes import usd
from monitoring.api.shapes_watch import HEALTH, HealthAnswer, StatusAnswer
from monitoring.health import board
from monitoring.health.seen import seen
from monitoring.rollups import figures
from monitoring.rollups.figures import Figures, Span
from providers import actions
from providers.environment import environ
from providers.models import Provider
from providers.overview import overview

DAY = timedelta(days=1)
MOST = 500  # providers whose requests are told
OUTAGES, CHECKS = 200, 100
UNKNOWN = board.State(provider="", model="", status="unknown", since=None, reason="", signal="", checked_at=None)


class Status(MonitoringView):
    """``health`` and ``source`` are where health and figures are asked for."""

    health: Any = board
    source: Any = figures

    @told(
        "getStatus",
        "How every provider is",
        "All providers, by name. Requests and error rates are of those that the asker may see.",
        tag=FIGURES,
        returns=StatusAnswer,
        params=StatusParams,
    )
    def get(self, request: Request) -> Response:
        wanted = read(request, StatusParams)["enabled"]
        now = timezone.now()
        day = Span(since=now - DAY, until=now)
        glances = overview(environ(), now=now)
        states = {one.provider: one for one in self.health.states()}
        up = {one.provider: one.share for one in self.health.uptimes(since=day.since, until=day.until)}
        used = {one.key: one.figures for one in self.source.by("provider", self.viewer, day, most=MOST)}
        rows = Provider.objects.order_by("name").values_list("pk", "name", "vendor")
        data = [
            self._row(name, vendor, glances[pk], states.get(name, UNKNOWN), used.get(name, Figures()), up.get(name))
            for pk, name, vendor in rows
            if pk in glances and wanted in (None, glances[pk].enabled)
        ]
        summary = {word: 0 for word, _ in HEALTH} | Counter(row["status"] for row in data)
        return answer(StatusAnswer, {"at": now, "summary": summary, "data": data})

    def _row(
        self, name: str, vendor: str, glance: Any, state: board.State, used: Figures, up: float | None
    ) -> dict[str, Any]:
        everything = self.viewer.everything
        return {
            **asdict(state),
            "signal": (state.signal or None) if everything else None,
            "name": name,
            "vendor": vendor,
            "enabled": glance.enabled,
            "uptime": up,
            "reason": state.reason if everything else None,
            "requests": used.requests,
            "error_rate": used.error_rate,
            "tokens_usable": glance.tokens.healthy if everything else None,
            "tokens": glance.tokens.total if everything else None,
        }


class Health(MonitoringView):
    health: Any = board
    source: Any = figures

    @told(
        "getHealth",
        "Health and its history",
        "How providers are now, how much of the span they were up, when they were not and for how long. Reasons, "
        "fallbacks and checks tell of all teams and are null for members of teams and for keys of a team; models are "
        "those that their own teams called in the span.",
        tag=FIGURES,
        returns=HealthAnswer,
        params=HealthParams,
        errors=(404,),
    )
    def get(self, request: Request) -> Response:
        given = read(request, HealthParams)
        span = span_of(given, usual=7 * DAY)
        name = actions.find_provider(given["provider"]).name if given["provider"] else ""
        states = [one for one in self.health.states(models=given["models"]) if name in ("", one.provider)]
        uptimes = self.health.uptimes(since=span.since, until=span.until, provider=name, models=given["models"])
        outages = self.health.outages(since=span.since, provider=name, most=OUTAGES)
        body = {
            "span": span,
            "states": [self._without(one, "reason", "signal") for one in self._seen(states, span)],
            "uptimes": [self._without(one, "fallbacks") for one in self._seen(uptimes, span)],
            "outages": [
                self._without(one, "reason", "signal", "fallbacks")
                for one in self._seen(outages, span)
                if one.began_at < span.until and (given["models"] or not one.model)
            ],
            "checks": self._checks(name, span),
        }
        return answer(HealthAnswer, body)

    def _seen(self, rows: list[Any], span: Span) -> list[Any]:
        return seen(self.viewer, rows, span, source=self.source)

    def _checks(self, name: str, span: Span) -> list[dict[str, Any]] | None:
        if not self.viewer.everything:
            return None
        found = self.health.checks(provider=name, since=span.since, most=CHECKS)
        return [{**asdict(one), "cost_usd": usd(one.cost_nano)} for one in found if one.at < span.until]

    def _without(self, one: Any, *names: str) -> dict[str, Any]:
        """``names`` tell of all teams."""
        found = asdict(one)
        if "signal" in found:
            found["signal"] = found["signal"] or None
        return found if self.viewer.everything else {**found, **dict.fromkeys(names)}
