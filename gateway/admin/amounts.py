"""Money and usage as people type and read them: US dollars to the last digit, units as whole numbers."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway.models import Budget
from gateway.models.budget import MOST
from providers.pricing.money import NANO, usd

PLACES = 9
_GROUPED = r"\d{1,3}(?:,\d{3})+|\d+"
_DOLLARS = re.compile(rf"(?:\$|USD)?\s*(?P<whole>{_GROUPED})?(?:\.(?P<fraction>\d+))?", re.IGNORECASE)
_UNITS = re.compile(_GROUPED)
COST = Budget.Measure.COST


def cents(amount: int, *, measure: str) -> str:
    """To the cent, for lists: the rest is cut, so that nothing reads as spent that is not; what is less than a cent
    stands as it is."""
    cent = NANO // 100
    if measure != COST or abs(amount) < cent:
        return amount_text(amount, measure=measure)
    return usd(amount // cent * cent if amount > 0 else -(-amount // cent * cent))


def about(nano: int) -> str:
    """For what is an estimate anyway: whole cents, or the exact figure of what is less than a cent."""
    cent = NANO // 100
    return usd(round(nano / cent) * cent) if abs(nano) >= cent else usd(nano)


def amount_text(amount: int, *, measure: str) -> str:
    return usd(amount) if measure == COST else f"{amount:,} units"


def typed(amount: int, *, measure: str) -> str:
    """As it stands in the field: ``250.00``, or ``1000000``."""
    return usd(amount).replace("$", "").replace(",", "") if measure == COST else str(amount)


def read_amount(text: str, *, measure: str) -> int:
    """Nano-dollars or units. Raises ``ValidationError`` for what is no amount, or not more than nothing."""
    amount = _dollars(text) if measure == COST else _units(text)
    if amount <= 0:
        raise ValidationError("More than nothing.")
    if amount > MOST:
        raise ValidationError(f"At most {amount_text(MOST, measure=measure)}.")
    return amount


def _dollars(text: str) -> int:
    found = _DOLLARS.fullmatch(text.strip()) if text.isascii() else None
    if found is None or not (found["whole"] or found["fraction"]):
        raise ValidationError("US dollars, as in 250 or 0.05.")
    fraction = (found["fraction"] or "").rstrip("0")
    if len(fraction) > PLACES:
        raise ValidationError(f"At most {PLACES} decimals: a billionth of a dollar is the smallest amount.")
    return _whole(found["whole"] or "0") * NANO + int(f"{fraction:0<9}")


def _units(text: str) -> int:
    if not text.isascii() or _UNITS.fullmatch(text.strip()) is None:
        raise ValidationError("A whole number of units, as in 5000000.")
    return _whole(text.strip())


def _whole(text: str) -> int:
    digits = text.replace(",", "")
    return int(digits) if len(digits) < 30 else MOST * NANO


class AmountField(forms.CharField):
    """Text, for what it means depends on another field: the form reads it with ``read_amount``."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(max_length=40, widget=UnfoldAdminTextInputWidget(attrs=attrs), **kwargs)
