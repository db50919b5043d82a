"""What a call costs: price sheets from four sources, and exact arithmetic in nano-dollars. No SQL, no network."""

from providers.pricing.sheet import UNKNOWN, Basis, Cost, Rate, Sheet
from providers.pricing.target import NO_PRICES, TargetPrices, prices_of
from providers.pricing.usage import counts_of

__all__ = ["NO_PRICES", "UNKNOWN", "Basis", "Cost", "Rate", "Sheet", "TargetPrices", "counts_of", "prices_of"]
