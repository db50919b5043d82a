"""A number within a JSON schema's bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

HUGE = 1e300  # beyond it bounds are not bounds: their arithmetic overflows


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and -HUGE < value < HUGE


def bounded_number(schema: Mapping[str, Any], *, whole: bool) -> int | float | None:
    """The plainest number that ``schema`` accepts, ``None`` if none was found."""
    step = schema.get("multipleOf")
    step = step if is_number(step) and step > 0 else None
    try:
        for candidate in _candidates(schema, _unit(step, whole=whole), fractions=not whole and step is None):
            value = int(candidate) if candidate == int(candidate) else candidate
            if _inside(value, schema) and not (whole and isinstance(value, float)):
                return value
    except OverflowError:
        return None
    return None


def _unit(step: float | None, *, whole: bool) -> float:
    """What the candidates are multiples of: for whole numbers the first whole multiple of ``step``."""
    if step is None:
        return 1
    return next((step * times for times in range(1, 1001) if not whole or step * times % 1 == 0), step)


def _candidates(schema: Mapping[str, Any], unit: float, *, fractions: bool) -> Iterator[float]:
    """1, 0, the multiples of ``unit`` next to either bound, then the middle."""
    low = max((schema[key] for key in ("minimum", "exclusiveMinimum") if is_number(schema.get(key))), default=None)
    high = min((schema[key] for key in ("maximum", "exclusiveMaximum") if is_number(schema.get(key))), default=None)
    yield from (unit, 0)
    if low is not None:
        yield from (math.ceil(low / unit) * unit, (math.floor(low / unit) + 1) * unit)
    if high is not None:
        yield from (math.floor(high / unit) * unit, (math.ceil(high / unit) - 1) * unit)
    if fractions and low is not None and high is not None:
        yield from (low / 2 + high / 2, low, high)


def _inside(value: float, schema: Mapping[str, Any]) -> bool:
    return (
        not (is_number(schema.get("minimum")) and value < schema["minimum"])
        and not (is_number(schema.get("maximum")) and value > schema["maximum"])
        and not (is_number(schema.get("exclusiveMinimum")) and value <= schema["exclusiveMinimum"])
        and not (is_number(schema.get("exclusiveMaximum")) and value >= schema["exclusiveMaximum"])
    )
