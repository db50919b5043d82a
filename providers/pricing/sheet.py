"""A price sheet: what each unit costs at one target, from one source, and the sum for a usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from providers.pricing.money import MILLION, bounded, dollars, nano
from providers.pricing.usage import FALLBACK, UNITS

Basis = Literal["vendor", "override", "vendor_list", "shipped", "genai-prices", "assumed", "hold", "unknown"]


SINGLE = frozenset({"request", "search", "web_search"})  # priced for one, where people read and write them


class Rate(NamedTuple):
    """Nano-dollars for a million units. ``tiers``: (above so much input, the rate for all of the call), ascending."""

    base: int
    tiers: tuple[tuple[int, int], ...] = ()

    def at(self, total_input: int) -> int:
        found = self.base
        for above, rate in self.tiers:
            if total_input > above:
                found = rate
        return found


class Cost(NamedTuple):
    """``nano``: nano-dollars, ``None`` where unknown. ``unit_prices``: what was applied, in nano-dollars for a million
    units; empty where the figure is the vendor's own."""

    nano: int | None
    basis: Basis
    unit_prices: dict[str, int] = {}


UNKNOWN = Cost(None, "unknown")


@dataclass(frozen=True)
class Sheet:
    """``rates`` by unit, as the source gives them."""

    basis: Basis
    rates: Mapping[str, Rate] = field(default_factory=dict)

    @cached_property
    def filled(self) -> Mapping[str, Rate]:
        """The rate of every unit that can be billed, by its own price or the one it falls back to."""
        found = {unit: self._rate(unit) for unit in UNITS}
        return {unit: rate for unit, rate in found.items() if rate is not None}

    @cached_property
    def per_request(self) -> bool:
        return "request" in self.rates

    def _rate(self, unit: str) -> Rate | None:
        return self.rates.get(unit) or self.rates.get(FALLBACK.get(unit, ""))

    def cost(self, counts: Sequence[tuple[str, int]], total_input: int) -> Cost:
        """Unknown where one of the units has no price. Rounded once, half a nano-dollar up."""
        filled = self.filled
        total = 0
        applied: dict[str, int] = {}
        searched = False
        for unit, count in counts:
            rate = filled.get(unit)
            if rate is None:
                return UNKNOWN
            price = rate.base if not rate.tiers else rate.at(total_input)
            applied[unit] = price
            total += count * price
            searched = searched or unit == "search"
        if self.per_request and not searched:
            applied["request"] = filled["request"].base
            total += applied["request"]
        if not applied:
            return UNKNOWN
        amount = bounded((total + MILLION // 2) // MILLION)
        return UNKNOWN if amount is None else Cost(amount, self.basis, applied)

    def dollars(self) -> dict[str, Decimal]:
        """USD for a million units, and for one request or search, as people read it."""
        single = {"request", "search", "web_search"}
        return {
            unit: dollars(rate.base if unit not in single else rate.base // MILLION)
            for unit, rate in self.rates.items()
        }


def sheet(basis: Basis, prices: Mapping[str, Decimal | float | str | None]) -> Sheet | None:
    """From USD for a million units, and for one request or search; ``None`` where it gives no price at all."""
    rates: dict[str, Rate] = {}
    for unit, price in prices.items():
        amount = None if price is None else nano(price)
        if amount is not None:
            rates[unit] = Rate(amount * MILLION if unit in SINGLE else amount)
    return Sheet(basis, rates) if rates else None


def over(upper: Sheet | None, lower: Sheet | None, *, always: bool = False) -> Sheet | None:
    """``upper``, with what only ``lower`` knows (cache, audio, tiers) where both name the same prices for input and
    output: then they tell of the same offer. ``always``: an admin's price, which replaces single units only."""
    if upper is None or lower is None:
        return upper or lower
    if not always and not _agree(upper, lower):
        return upper
    rates = dict(lower.rates)
    for unit, rate in upper.rates.items():
        same = not always and unit in rates and rates[unit].base == rate.base
        if not same:
            rates[unit] = rate
    return Sheet(upper.basis, rates)


def _agree(upper: Sheet, lower: Sheet) -> bool:
    ours = {unit: rate.base for unit, rate in upper.rates.items() if unit in ("input", "output")}
    theirs = {unit: rate.base for unit, rate in lower.rates.items()}
    return bool(ours) and all(theirs.get(unit) == base for unit, base in ours.items())
