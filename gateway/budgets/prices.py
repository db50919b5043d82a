"""The most an attempt can cost at a price sheet."""

from __future__ import annotations

from providers.pricing import Rate, Sheet
from providers.pricing.money import MILLION

INPUT = ("input", "cached_input", "cache_write")
OUTPUT = ("output", "reasoning")


def worst_cost(
    sheet: Sheet,
    *,
    input: int,
    output: int,
    audio: int = 0,
    audio_output: bool = False,
    long_cache: bool = False,
    searches: int = 0,
    search_units: int = 0,
) -> int | None:
    """Nano-dollars, rounded up: every unit at the dearest rate it may be billed at, in every tier that so much input
    may reach. ``audio`` units are part of ``input``. ``None`` where a unit that may be billed has no price."""
    rates = sheet.filled
    inputs = (*INPUT, "cache_write_1h") if long_cache else INPUT
    outputs = (*OUTPUT, "audio_output") if audio_output else OUTPUT
    if search_units and "search" in rates and "input" not in rates:
        input = audio = 0  # a reranker that bills searches counts no input
    total = 0
    for count, units in (
        (input - audio, inputs),
        (audio, ("audio_input", *inputs)),
        (output, outputs),
        (searches, ("web_search",)),
        (max(search_units, 1) if sheet.per_request else search_units, ("request", "search")),
    ):
        found = [dearest(rates[unit], input) for unit in units if unit in rates]
        if count > 0 and not found:
            return None
        total += count * max(found, default=0)
    return -(-total // MILLION)


def dearest(rate: Rate, total_input: int) -> int:
    """The true input may be less than the estimate, and a lower tier dearer."""
    return max((rate.base, *(price for above, price in rate.tiers if total_input > above)))
