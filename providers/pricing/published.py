"""Prices and limits of genai-prices' bundled data: which of its providers is meant, and its sheets over time.

Only the data that comes with the package is read: its own updates, which use the network, are never started.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple

from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from providers.pricing.money import MILLION, nano
from providers.pricing.sheet import Rate, Sheet

# Our vendors under genai-prices' names, where they differ or its address patterns do not tell.
NAMES = {
    "vertex_ai": "google",
    "bedrock": "aws",
    "xai": "x-ai",
    "moonshot": "moonshotai",
    "zhipu": "zhipuai",
    "voyage": "voyageai",
    "githubcopilot": "github-copilot",
}
UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
}
PER_THOUSAND = {"requests_kcount": "request", "web_searches_kcount": "web_search"}


class Period(NamedTuple):
    """``active``: whether its prices hold at a time; ``None``, they always do. ``sheet`` is ``None`` where the source
    names no price then."""

    active: Any
    sheet: Sheet | None


class Published(NamedTuple):
    """``periods``: the last active one holds, else the first."""

    context_window: int | None = None
    periods: tuple[Period, ...] = ()

    def at(self, when: datetime) -> Sheet | None:
        for period in reversed(self.periods):
            if period.active is None or period.active.active(when):
                return period.sheet
        return self.periods[0].sheet if self.periods else None


NOTHING_PUBLISHED = Published()


@lru_cache(maxsize=1024)
def place(slug: str, base_url: str) -> str:
    """The name genai-prices has for a vendor: by the address it is called at, else by our name for it; "" for none."""
    for provider in _providers().values():
        if base_url and re.match(provider.api_pattern, base_url):
            return provider.id
    name = NAMES.get(slug, slug)
    return name if name in _providers() else ""


@lru_cache(maxsize=32_768)
def published(provider_id: str, model: str) -> Published:
    """What is published of a model there."""
    provider = _providers().get(provider_id)
    if provider is None:
        return NOTHING_PUBLISHED
    info = _find(provider, model)
    if info is None:
        return NOTHING_PUBLISHED
    return Published(info.context_window, tuple(_periods(info, free=model.endswith(":free"))))


def edition() -> str:
    """Which data it is, for the reader of a price."""
    return f"genai-prices {version('genai-prices')}"


@cache
def _providers() -> dict[str, Provider]:
    from genai_prices.data import providers  # a megabyte of data, and only needed where models are

    return {provider.id: provider for provider in providers}


def _find(provider: Provider, model: str) -> ModelInfo | None:
    everyone = list(_providers().values())
    for name in dict.fromkeys((model, model.removeprefix("models/"), model.rpartition("/models/")[2])):
        found = provider.find_model(name, all_providers=everyone) if name else None
        if found is not None:
            return found
    return None


def _periods(info: ModelInfo, *, free: bool) -> Iterable[Period]:
    if isinstance(info.prices, ModelPrice):
        yield Period(None, _sheet(info.prices, free=free))
        return
    for conditional in info.prices:
        yield Period(conditional.constraint, _sheet(conditional.prices, free=free))


def _sheet(prices: ModelPrice, *, free: bool) -> Sheet | None:
    """Without any price, or with zeros only, a model is free where its name says so, else of unknown price."""
    rates: dict[str, Rate] = {}
    for key, price in vars(prices).items():
        unit = UNITS.get(key) or PER_THOUSAND.get(key)
        if unit is not None and price is not None:
            rates[unit] = _rate(price, times=1000 if key in PER_THOUSAND else 1)
    if any(rate.base for rate in rates.values()):
        return Sheet("genai-prices", rates)
    return Sheet("genai-prices", {"input": Rate(0), "output": Rate(0)}) if free else None


def _rate(price: Any, *, times: int) -> Rate:
    if isinstance(price, TieredPrices):
        return Rate(_nano(price.base, times), tuple((tier.start, _nano(tier.price, times)) for tier in price.tiers))
    return Rate(_nano(price, times))


def _nano(price: Any, times: int) -> int:
    return (nano(price * times) or 0) if times * price < MILLION * MILLION else 0


def utc(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
