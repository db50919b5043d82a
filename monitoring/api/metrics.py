"""``/providers/metrics``: figures from the last reset on, of all providers and of one; and the reset."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.api.audit import changed, who
from monitoring.api.base import MonitoringView, answer, read_body
from monitoring.api.documented import FIGURES, told
from monitoring.api.figured import attempts_of, counted, figures_of, newest, shown
from monitoring.api.params import Spanned, read, span_of
from monitoring.api.shapes_watch import MetricsAnswer, ProviderMetricsAnswer, ResetAnswer
from monitoring.models import MetricsBaseline
from monitoring.rollups import figures
from monitoring.rollups.figures import Attempts, Only, Span
from providers import actions

MOST = 200  # providers or models of an answer
KEPT = 50  # resets


class Metrics(MonitoringView):
    """``source`` is where figures are asked for."""

    source: Any = figures

    @told(
        "getMetrics",
        "Figures of all providers",
        "Counted from the last reset on, or from the beginning of the asked span, whichever is later: `counted_from` "
        "says which. `others` sums up what lies beyond the 200 busiest.",
        tag=FIGURES,
        returns=MetricsAnswer,
        params=Spanned,
    )
    def get(self, request: Request) -> Response:
        span = counted(span_of(read(request, Spanned)))
        groups = self.source.by("provider", self.viewer, span.span, most=MOST)
        tried = self._attempts(span.span)
        body = {
            **shown(span, self.source.fresh_until(), everything=self.viewer.everything),
            "totals": figures_of(self.source.totals(self.viewer, span.span)),
            "data": [
                {
                    "provider": one.key or one.label,
                    "figures": figures_of(one.figures),
                    "attempts": attempts_of(tried.get(one.key, Attempts(provider=one.key, model="")))
                    if tried
                    else None,
                }
                for one in groups
            ],
        }
        return answer(MetricsAnswer, body)

    def _attempts(self, span: Span) -> dict[str, Attempts]:
        """By provider; of all teams together, so for who sees everything."""
        if not self.viewer.everything:
            return {}
        return {one.provider: one for one in self.source.attempts(span)}


class ProviderMetrics(MonitoringView):
    source: Any = figures

    @told(
        "getProviderMetrics",
        "Figures of one provider",
        "In all, by model, and as a series without gaps.",
        tag=FIGURES,
        returns=ProviderMetricsAnswer,
        params=Spanned,
        named=True,
    )
    def get(self, request: Request, name: str) -> Response:
        span = counted(span_of(read(request, Spanned)))
        provider = actions.find_provider(name)
        only = Only(providers=(provider.name,))
        tried = self._attempts(provider.name, span.span)
        body = {
            **shown(span, self.source.fresh_until(), everything=self.viewer.everything),
            "provider": provider.name,
            "totals": figures_of(self.source.totals(self.viewer, span.span, only)),
            "attempts": attempts_of(tried.get("")),
            "models": [
                {
                    "model": one.key or one.label,
                    "figures": figures_of(one.figures),
                    "attempts": attempts_of(tried.get(one.key or "-")),
                }
                for one in self.source.by("model", self.viewer, span.span, only, most=MOST)
            ],
            "series": [
                {"at": one.at, "figures": figures_of(one.figures)}
                for one in self.source.series(self.viewer, span.span, only)
            ],
        }
        return answer(ProviderMetricsAnswer, body)

    def _attempts(self, provider: str, span: Span) -> dict[str, Attempts]:
        """By model, "" for all of them."""
        if not self.viewer.everything:
            return {}
        whole = self.source.attempts(span, provider=provider) or [Attempts(provider=provider, model="")]
        return {one.model: one for one in [*self.source.attempts(span, provider=provider, by_model=True), *whole]}


class ResetMetrics(MonitoringView):
    needs = "monitoring.change_metricsbaseline"
    for_everything = True

    @told(
        "resetMetrics",
        "Reset what is shown",
        "`/providers/metrics` counts from now on, for everybody. Spend, budgets, costs, dashboards and the request log "
        "are as they were. No body is needed.",
        tag=FIGURES,
        returns=ResetAnswer,
    )
    def post(self, request: Request) -> Response:
        read_body(request, (), optional=True)
        with transaction.atomic():
            before = newest()
            made = MetricsBaseline.objects.create(at=timezone.now(), by=who(self.viewer)[:150])
            old = MetricsBaseline.objects.order_by("-at", "-id").values_list("pk", flat=True)[KEPT:]
            MetricsBaseline.objects.filter(pk__in=list(old)).delete()
        changed(self.viewer, made, "Reset the displayed metrics.")
        return answer(ResetAnswer, {"baseline": made, "previous": before})
