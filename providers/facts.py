"""What is known of a model, and from whom: an admin, the vendor's list, the shipped list, genai-prices, its name.

``settle`` gives a row the best value of each fact; ``compiled`` is the row as calls and apps see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from providers.models import Model
from providers.pricing import Sheet, TargetPrices, prices_of
from providers.pricing.published import published
from providers.vendors import ModelFact, Vendor

ABILITIES = ("vision", "tools", "reasoning", "structured_output", "audio", "streaming")
FACTS = ("mode", "context_window", "max_output", *ABILITIES, "dimensions")
PRICES = (
    *("input", "output", "cached_input", "cache_write", "reasoning"),
    *("audio_input", "audio_output", "request"),
)
ADMIN, VENDOR, SHIPPED, PUBLISHED, GUESS = "admin", "vendor", "shipped", "genai-prices", "guess"

NAMES = {
    Model.Mode.EMBEDDING: ("embed", "bge-", "e5-"),
    Model.Mode.RERANK: ("rerank",),
    Model.Mode.TRANSCRIPTION: ("whisper", "transcribe"),
}


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """``None`` is unknown."""

    vision: bool | None = None
    tools: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    audio: bool | None = None
    streaming: bool | None = None
    embeddings: bool | None = None


class PriceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """USD for a million units, ``request`` for one request or search; the lowest tier where there are several."""

    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None
    request: Decimal | None = None
    unit: str = "usd_per_million"
    source: str


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A model as apps are told of it."""

    mode: str | None = None
    context_window: int | None = None
    max_output: int | None = None
    dimensions: int | None = None
    capabilities: Capabilities = Capabilities()
    price: PriceFacts | None = None


UNKNOWN_FACTS = ModelFacts()


def fact_of(vendor: Vendor | None, model_id: str) -> ModelFact | None:
    """The shipped row of a model."""
    return next((one for one in vendor.models if one.id == model_id), None) if vendor is not None else None


def settle(row: Model, fact: ModelFact | None, place: str) -> bool:
    """Gives each fact that is nobody's own the best value known; says whether anything changed. ``place``: where
    genai-prices has the vendor's models (``pricing.published.place``)."""
    sources: dict[str, str] = dict(row.sources)
    changed = False
    for name in FACTS:
        if is_own(row, name):
            continue
        value, source = _best(row, name, fact, place)
        if value != getattr(row, name):
            setattr(row, name, value)
            changed = True
        sources.pop(name, None)
        if value is not None:
            sources[name] = source
    if sources != row.sources:
        row.sources = sources
        changed = True
    return changed


def is_own(row: Model, name: str) -> bool:
    """Whether the value is an admin's, which nothing overwrites."""
    source = row.sources.get(name)
    return source == ADMIN or (source is None and getattr(row, name) not in (None, ""))


def set_by_admin(row: Model, changed: Iterable[str]) -> None:
    """The facts an admin changed are theirs from now on; one that was cleared is free for others again."""
    for name in set(changed) & set(FACTS):
        row.sources.pop(name, None)
        if getattr(row, name) not in (None, ""):
            row.sources[name] = ADMIN


def _best(row: Model, name: str, fact: ModelFact | None, place: str) -> tuple[Any, str]:
    if name in row.listed:
        return row.listed[name], VENDOR
    shipped = getattr(fact, name, None) if fact is not None else None
    if shipped is not None:
        return shipped, SHIPPED
    if name == "context_window" and place:
        return published(place, row.model_id).context_window, PUBLISHED
    return (guess_mode(row.model_id), GUESS) if name == "mode" else (None, "")


def guess_mode(model_id: str) -> str:
    """What a model of that name is for, where nobody says."""
    name = model_id.lower()
    return str(next((mode for mode, words in NAMES.items() if any(word in name for word in words)), Model.Mode.CHAT))


def row_prices(row: Model, vendor: Vendor, place: str, fact: ModelFact | None = None) -> TargetPrices:
    """What calls to the row's model cost. ``fact``: its shipped row, where it is at hand."""
    listed = row.listed.get("price")
    return prices_of(
        fact or fact_of(vendor, row.model_id),
        published(place, row.model_id),
        override={unit: getattr(row, f"price_{unit}") for unit in PRICES},
        listed=listed if isinstance(listed, Mapping) else None,
        simulated=vendor.kind == "simulation",
    )


def plain_prices(vendor: Vendor, model_id: str, place: str) -> TargetPrices:
    """Of a model that has no row: an app named it by its prefix."""
    return prices_of(fact_of(vendor, model_id), published(place, model_id), simulated=vendor.kind == "simulation")


def compiled(row: Model, prices: TargetPrices) -> ModelFacts:
    guessed = row.sources.get("mode") == GUESS
    sheet = prices.sheet()
    return ModelFacts(
        mode=row.mode,
        context_window=row.context_window,
        max_output=row.max_output,
        dimensions=row.dimensions,
        capabilities=Capabilities(
            **{name: getattr(row, name) for name in ABILITIES},
            embeddings=True if row.mode == Model.Mode.EMBEDDING else None if guessed else False,
        ),
        price=price_facts(sheet) if sheet is not None else None,
    )


def price_facts(sheet: Sheet) -> PriceFacts:
    known: dict[str, Any] = {unit: amount for unit, amount in sheet.dollars().items() if unit in PRICES}
    return PriceFacts(source=sheet.basis, **known)
