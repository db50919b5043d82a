"""Numbers as people read them on dashboards: short, with a unit, and "–" where nothing was measured."""

from __future__ import annotations

from datetime import datetime, timedelta

from providers.pricing.money import NANO

NONE = "–"
_SIZES = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_CENT = NANO // 100


def count(value: float) -> str:
    """``12,345``; from a hundred thousand on three digits and a letter: ``1.24M``."""
    if abs(value) < 100_000:
        return f"{round(value):,}"
    return short(value)


def short(value: float) -> str:
    """At most three digits and a letter: ``940``, ``12.3k``, ``1.24M``."""
    if abs(value) < 999.5:
        return f"{round(value):,}"
    size, letter = next(((size, letter) for size, letter in _SIZES if abs(value) >= size * 0.9995), _SIZES[-1])
    scaled = abs(value) / size
    places = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{value / size:,.{places}f}{letter}"


def money(nano: float) -> str:
    """Of nano-dollars: cents; from ten thousand dollars on no cents, from a million on a letter; below a cent two
    digits that count."""
    dollars, sign = abs(nano) / NANO, "-" if nano < 0 else ""
    if dollars >= 1_000_000:
        return f"{sign}${short(dollars)}"
    if dollars >= 10_000:
        return f"{sign}${dollars:,.0f}"
    if dollars >= 0.01 or not nano:
        return f"{sign}${dollars:,.2f}"
    return f"{sign}${dollars:.2g}" if dollars >= 0.0001 else f"{sign}<$0.0001"


def milliseconds(value: float | None) -> str:
    """``840 ms``, ``1.24 s``, ``2 min 5 s``."""
    if value is None:
        return NONE
    if value < 9.95:
        return f"{value:.1f} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    if value < 59_995:
        return f"{value / 1000:.2f} s" if value < 9_995 else f"{value / 1000:.1f} s"
    seconds = round(value / 1000)
    return f"{seconds // 60} min {seconds % 60} s"


def share(value: float | None) -> str:
    """``12.3 %`` of 0.123; what is more than nothing never reads as 0, and what is less than all never as 100."""
    if value is None:
        return NONE
    percent = 100 * value
    if 0 < percent < 0.05:
        return "<0.1 %"
    if 99.95 <= percent < 100:
        return ">99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def per_second(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.1f}/s" if value < 99.95 else f"{count(value)}/s"


def length(seconds: float | None) -> str:
    """In the two largest units that count: ``45 s``, ``12 min``, ``3 h 20 min``, ``4 d 2 h``."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    for size, unit, smaller, smaller_unit in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {smaller_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def ago(at: datetime | None, now: datetime) -> str:
    """In the largest unit: ``3 h ago``, ``in 2 d``, ``just now``."""
    if at is None:
        return NONE
    distance = now - at
    seconds = abs(distance.total_seconds())
    if seconds < 60:
        return "just now"
    size, unit = next(pair for pair in ((86_400, "d"), (3600, "h"), (60, "min")) if seconds >= pair[0])
    text = f"{int(seconds // size)} {unit}"
    return f"{text} ago" if distance > timedelta(0) else f"in {text}"


def moment(at: datetime) -> str:
    """``3 Mar 18:05`` (UTC)."""
    return f"{at.day} {at:%b %H:%M}"
