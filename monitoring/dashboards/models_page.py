"""A provider's models: what they can do and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404

from monitoring.dashboards import links, spans, words
from monitoring.dashboards.base import Board
from monitoring.dashboards.explained import WORDS as texts
from monitoring.rollups.figures import Only, Span
from providers import facts
from providers.models import Model, Provider
from providers.shipped import place_of

MOST = 400
SKILLS = {
    "vision": "images", "audio": "audio", "tools": "tools", "reasoning": "reasoning",
    "structured_output": "structured output",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    mode: str
    enabled: bool
    skills: Sequence[str]
    context: str
    output: str
    price_in: str
    price_out: str
    price_source: str
    requests: str
    requests_url: str


class Models(Board):
    """``GET /dashboards/providers/<name>/models/``; ``text`` narrows by a part of the model's id."""

    template_name = "dashboards/models.html"

    def context(self, *, name: str = "", **names: Any) -> dict[str, Any]:
        provider = Provider.objects.defer("proxy", "secret_settings").filter(name=name).first()
        if provider is None:
            raise Http404("There is no such provider.")
        text = self.request.GET.get("text", "").strip()[:100]
        rows = Model.objects.filter(provider=provider, enabled=True)
        found = [one for one in rows.order_by("mode", "model_id") if text.lower() in one.model_id.lower()]
        for one in found:
            one.provider = provider
        day = Span(since=self.now - spans.DAY, until=self.now)
        used = {
            one.key: one.figures.requests
            for one in self.source.by("model", self.viewer, day, Only(providers=[provider.name]), most=MOST)
        }
        return {
            "provider": provider,
            "vendor": provider.facts.name if provider.facts else "",
            "text": text,
            "rows": [_row(one, used, day, self) for one in found[:MOST]],
            "left_out": max(len(found) - MOST, 0),
            "any": bool(found) or Model.objects.filter(provider=provider, enabled=True).exists(),
            "configure_url": links.configure(provider.pk, self.viewer),
            "texts": texts,
        }


def _row(one: Model, used: Mapping[str, int], day: Span, page: Models) -> Row:
    prices, source = _prices(one)
    count = used.get(one.model_id, 0)
    filters = [("provider", one.provider.name), ("model", one.model_id)]
    return Row(
        name=one.model_id,
        mode=one.get_mode_display() if one.mode != Model.Mode.CHAT else "",
        enabled=one.enabled,
        skills=[word for name, word in SKILLS.items() if getattr(one, name)],
        context=words.short(one.context_window) if one.context_window else words.NONE,
        output=words.short(one.max_output) if one.max_output else words.NONE,
        price_in=_price(prices.get("input")),
        price_out=_price(prices.get("output")),
        price_source=source,
        requests=words.count(count) if count else words.NONE,
        requests_url=links.requests(day, page.now, filters) if count else "",
    )


def _prices(one: Model) -> tuple[Mapping[str, Decimal], str]:
    vendor = one.provider.facts
    sheet = facts.row_prices(one, vendor, place_of(one.provider, vendor)).sheet() if vendor else None
    return (sheet.dollars(), sheet.basis) if sheet is not None else ({}, "")


def _price(dollars: Decimal | None) -> str:
    if dollars is None:
        return words.NONE
    if not dollars:
        return "free"
    return f"${dollars:,.2f}" if dollars >= Decimal("0.1") else f"${dollars.normalize():f}"
