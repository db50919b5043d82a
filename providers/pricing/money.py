"""US dollars as integers of nano-dollars. A rate is the price of a million units."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

NANO = 1_000_000_000
MILLION = 1_000_000
_LARGEST = 2**63 - 1  # what a journal record and a column can hold


def nano(dollars: Decimal | float | str | int) -> int | None:
    """Nano-dollars, half a one rounded up; ``None`` for what is no amount: negative, endless, no number."""
    found = decimal(dollars)
    if found is None or found > _LARGEST // NANO:
        return None
    with localcontext() as context:
        context.prec = 60
        return int((found * NANO).to_integral_value(rounding=ROUND_HALF_UP))


def decimal(value: object) -> Decimal | None:
    """A price as it was written: 0.1 is a tenth, whatever a float makes of it. ``None`` for what is no price."""
    if isinstance(value, bool) or not isinstance(value, Decimal | float | str | int):
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def dollars(amount: int) -> Decimal:
    """Of nano-dollars, without zeros at its end."""
    found = Decimal(amount).scaleb(-9).normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def usd(nano: int) -> str:
    """``$1.50``, ``$1,000.00653``: at least two decimals, and all there are."""
    text = f"{abs(nano) // NANO:,}.{abs(nano) % NANO:09d}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{'-' if nano < 0 else ''}${whole}.{fraction:0<2}"


def bounded(amount: int) -> int | None:
    """``None`` for a cost that no column holds: such a usage is a vendor's error, and no bill."""
    return amount if amount <= _LARGEST else None
