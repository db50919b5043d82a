"""The prices of one target, compiled once, and the cost of an exchange from them.

Best first: the vendor's own figure for the call, an admin's price, the vendor's list, the shipped list, genai-prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from providers.canonical import Usage
from providers.pricing.money import nano
from providers.pricing.published import NOTHING_PUBLISHED, Published, utc
from providers.pricing.sheet import UNKNOWN, Cost, Sheet, over, sheet
from providers.pricing.usage import counts_of
from providers.vendors import ModelFact

FREE = {"input": Decimal(0), "output": Decimal(0)}
Stated = tuple[tuple[Sheet | None, bool], ...]
Prices = Mapping[str, Decimal | float | str | None]  # USD for a million units, and for one request


class TargetPrices:
    """``cost`` is called on the hot path: it reads memory only."""

    def __init__(
        self, stated: tuple[tuple[Sheet | None, bool], ...] = (), public: Published = NOTHING_PUBLISHED
    ) -> None:
        """``stated``: sheets that hold at any time, best first, and whether each replaces single units only."""
        self._stated = stated
        self._public = public
        self._by_public: dict[int, Sheet | None] = {}

    @cached_property
    def _always(self) -> Sheet | None:
        return self._merged(self._public.periods[0].sheet if self._public.periods else None)

    def sheet(self, when: datetime | None = None) -> Sheet | None:
        """The prices that hold at ``when`` (now), ``None`` where none is known."""
        if len(self._public.periods) < 2:
            return self._always
        found = self._public.at(when or datetime.now(UTC))
        key = id(found)  # sheets of a period live as long as these prices do
        if key not in self._by_public:
            self._by_public[key] = self._merged(found)
        return self._by_public[key]

    def _merged(self, found: Sheet | None) -> Sheet | None:
        for one, always in reversed(self._stated):
            found = over(one, found, always=always)
        return found

    def cost(self, usage: Usage, at: int) -> Cost:
        """What ``usage`` costs. ``at``: when the call began, in microseconds since the epoch."""
        if usage.cost_usd is not None:
            own = nano(usage.cost_usd)
            if own is not None:
                return Cost(own, "vendor")
        applying = self._always if len(self._public.periods) < 2 else self.sheet(utc(at))
        return UNKNOWN if applying is None else applying.cost(counts_of(usage), usage.input)


NO_PRICES = TargetPrices()


def prices_of(
    fact: ModelFact | None,
    public: Published,
    *,
    override: Prices | None = None,
    listed: Prices | None = None,
    simulated: bool = False,
) -> TargetPrices:
    """From what each source says of a model. ``simulated``: nobody bills it."""
    shipped = FREE if simulated else _shipped(fact)
    stated = (
        (sheet("override", override or {}), True),
        (sheet("vendor_list", listed or {}), False),
        (sheet("shipped", shipped), False),
    )
    return TargetPrices(tuple(pair for pair in stated if pair[0] is not None), public)


def _shipped(fact: ModelFact | None) -> Prices:
    price = fact.price if fact is not None else None
    if price is None:
        return {}
    return {
        "input": price.input,
        "output": price.output,
        "cached_input": price.cached_input,
        "cache_write": price.cache_write,
    }
