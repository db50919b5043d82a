"""Money on a request's page: what it cost, at which prices, and what the vendor's prompt cache saved."""

from __future__ import annotations

from monitoring.models import RequestLog
from providers.pricing.money import MILLION, usd
from providers.pricing.sheet import SINGLE

BASES = {
    "vendor": "the vendor's own figure",
    "override": "an admin's price",
    "vendor_list": "the vendor's list",
    "shipped": "the shipped price",
    "genai-prices": "genai-prices",
    "assumed": "a price assumed in the spending settings",
    "hold": "what was held for it: nobody knows the bill",
    "cache": "the answer cache gave it",
}


def cost(row: RequestLog) -> str:
    """In US dollars, to the last digit; a cost that is not known says so."""
    return "unknown" if row.cost_nano is None else usd(row.cost_nano)


def cost_facts(row: RequestLog) -> list[tuple[str, object]]:
    if row.cost_nano is None:
        return [("Cost", "" if row.usage_basis == "none" else "unknown: no source names a price for it")]
    prices = [f"{unit.replace('_', ' ')} {_per(unit, price)}" for unit, price in row.unit_prices.items()]
    basis = BASES.get(row.cost_basis, row.cost_basis)
    return [("Cost", f"{cost(row)} · {basis}"), ("Prices applied", " · ".join(prices))]


def _per(unit: str, price: int) -> str:
    """Of one request or search, and of a million units else."""
    return f"{usd(price // MILLION)} each" if unit in SINGLE else f"{usd(price)} a million"


def saved(row: RequestLog) -> int | None:
    """What reading the cached input cost less than reading it anew, in nano-dollars; ``None`` where a price is missing:
    none of it was read anew, or the vendor told a sum alone."""
    prices: dict[str, int] = row.unit_prices
    if not row.cached_input or "input" not in prices or "cached_input" not in prices:
        return None
    return round(row.cached_input * (prices["input"] - prices["cached_input"]) / MILLION)


def cache_words(row: RequestLog) -> str:
    """What the cache did for this request, as a sentence; "" where it did nothing."""
    if not row.cached_input:
        return ""
    amount = saved(row)
    share = f"{100 * row.cached_input / row.input:.0f} % of the input" if row.input else f"{row.cached_input:,} units"
    if amount is None:
        return f"{share} came from the vendor's cache; what that saved is not known, for want of a price."
    if amount <= 0:
        return f"{share} came from the vendor's cache, at the price of any other input."
    without = f" ({100 * amount / (row.cost_nano + amount):.0f} % of what it would have cost)" if row.cost_nano else ""
    return f"The vendor's cache saved {usd(amount)}{without}: {share} came from it."
