"""``/providers/costs``: what was spent, by provider, model, team or API key. Never counted from a reset."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.api.base import MonitoringView, answer
from monitoring.api.documented import FIGURES, told
from monitoring.api.params import CostParams, read, span_of
from monitoring.api.shapes import usd
from monitoring.api.shapes_watch import CostsAnswer
from monitoring.rollups import figures
from monitoring.rollups.figures import Figures

MOST = 200  # groups of an answer


class Costs(MonitoringView):
    source: Any = figures

    @told(
        "getCosts",
        "Costs",
        "Of the requests that the asker may see, in nano-dollars and dollars. `unpriced` requests used something whose "
        "price nobody knew. What lies beyond the 200 busiest is summed up under an empty key.",
        tag=FIGURES,
        returns=CostsAnswer,
        params=CostParams,
    )
    def get(self, request: Request) -> Response:
        given = read(request, CostParams)
        span = span_of(given)
        body = {
            "span": span,
            "by": given["by"],
            "fresh_until": self.source.fresh_until(),
            "totals": _row("", "all", self.source.totals(self.viewer, span)),
            "data": [
                _row(one.key, one.label, one.figures)
                for one in self.source.by(given["by"], self.viewer, span, most=MOST)
            ],
            "series": [
                {"at": one.at, "requests": one.figures.requests, **_cost(one.figures)}
                for one in self.source.series(self.viewer, span)
            ],
        }
        return answer(CostsAnswer, body)


def _row(key: str, label: str, found: Figures) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "requests": found.requests,
        **_cost(found),
        "saved_nano": found.saved_nano,
        "saved_usd": usd(found.saved_nano),
        "unpriced": found.unpriced,
        "input": found.input,
        "output": found.output,
    }


def _cost(found: Figures) -> dict[str, Any]:
    return {"cost_nano": found.cost_nano, "cost_usd": usd(found.cost_nano)}
