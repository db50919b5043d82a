"""The roles that every provider has without an admin: which of its models is the smart, the fast, the cheap one.

What the vendor's file says (``Vendor.roles``) comes first; the rest is read off facts and prices. Where these are
missing or do not tell models apart, there is no such role: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from providers.facts import GUESS
from providers.models import Model
from providers.pricing import TargetPrices
from providers.vendors import Vendor

NAMES = ("default", "smart", "fast", "cheap", "code", "creative", "large")
CHATS = (Model.Mode.CHAT, Model.Mode.RESPONSES)
INPUT_PARTS, OUTPUT_PARTS = 3, 1  # of a blended price
LAST = 1_000_000  # the place of a model that the vendor's file does not list


class ShippedRole(NamedTuple):
    """``origin`` says in words, for an admin, why it is this model."""

    model: str
    origin: str


class _Chat(NamedTuple):
    """What is known of a chat model. ``price``: blended, for comparing only. ``rank`` decides between equals: the
    default first, then the vendor's own order."""

    model: str
    rank: tuple[bool, int, str]
    price: int | None
    window: int | None
    reasoning: bool | None


def shipped_roles(
    vendor: Vendor, models: Sequence[Model], prices: Mapping[str, TargetPrices], *, given_default: str | None = None
) -> dict[str, ShippedRole]:
    """The roles that can be filled, by name. ``models``: the provider's enabled rows, the only ones that are ever
    chosen. ``given_default``: what the environment calls the default model, whether it has a row or not."""
    present = {row.model_id for row in models}
    default = _default(vendor, models, present, given_default)
    found = {name: ShippedRole(model, "named by the vendor's file") for name, model in vendor.roles.items()}
    found = {name: role for name, role in found.items() if role.model in present}
    if default is not None:
        found["default"] = default
    for name, role in _derived(_chats(vendor, models, prices, default.model if default else None)).items():
        found.setdefault(name, role)
    if smart := found.get("smart"):
        for name in ("code", "creative"):
            found.setdefault(name, ShippedRole(smart.model, "the smart one"))
    return found


def _default(vendor: Vendor, models: Sequence[Model], present: set[str], given: str | None) -> ShippedRole | None:
    if given:
        return ShippedRole(given, "set by the environment")
    if vendor.default_model in present and vendor.default_model is not None:
        return ShippedRole(vendor.default_model, "the vendor's default model")
    chats = [row.model_id for row in models if row.mode in CHATS]
    return ShippedRole(chats[0], "its only chat model") if len(chats) == 1 else None


def _chats(
    vendor: Vendor, models: Sequence[Model], prices: Mapping[str, TargetPrices], default: str | None
) -> list[_Chat]:
    """A model that is a chat model only by its name's guess takes no part: it may as well draw pictures."""
    places = {fact.id: place for place, fact in enumerate(vendor.models)}
    return [
        _Chat(
            model=row.model_id,
            rank=(row.model_id != default, places.get(row.model_id, LAST), row.model_id),
            price=_blended(prices.get(row.model_id)),
            window=row.context_window,
            reasoning=row.reasoning,
        )
        for row in models
        if row.mode in CHATS and row.sources.get("mode") != GUESS
    ]


def _blended(prices: TargetPrices | None) -> int | None:
    sheet = prices.sheet() if prices is not None else None
    if sheet is None or "input" not in sheet.rates or "output" not in sheet.rates:
        return None
    return INPUT_PARTS * sheet.rates["input"].base + OUTPUT_PARTS * sheet.rates["output"].base


def _derived(chats: Sequence[_Chat]) -> dict[str, ShippedRole]:
    found = {}
    cheap = _cheapest(chats)
    if cheap is not None:
        found["cheap"] = ShippedRole(cheap.model, "the lowest price that is known")
        if cheap.reasoning is False and any(one.price != cheap.price for one in chats if one.price is not None):
            found["fast"] = ShippedRole(cheap.model, "the cheapest, and it answers without thinking first")
    if widest := _widest(chats):
        found["large"] = ShippedRole(widest.model, "the largest context window that is known")
    if dearest := _dearest_thinker(chats):
        found["smart"] = ShippedRole(dearest.model, "the dearest that reasons")
    return found


def _cheapest(chats: Sequence[_Chat]) -> _Chat | None:
    priced = [(one.price, one.rank, one) for one in chats if one.price is not None]
    return min(priced)[2] if len(priced) > 1 or len(chats) == len(priced) == 1 else None


def _widest(chats: Sequence[_Chat]) -> _Chat | None:
    measured = [(-one.window, one.rank, one) for one in chats if one.window]
    return min(measured)[2] if len(measured) > 1 or len(chats) == len(measured) == 1 else None


def _dearest_thinker(chats: Sequence[_Chat]) -> _Chat | None:
    """Where all cost the same, the price says nothing of what they can do."""
    priced = [(-one.price, one.rank, one) for one in chats if one.reasoning and one.price is not None]
    told_apart = len({price for price, _, _ in priced}) > 1
    return min(priced)[2] if told_apart or len(chats) == len(priced) == 1 else None
