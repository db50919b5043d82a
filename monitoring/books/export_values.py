"""Cells of an export as numbers and days. Liberal in how they are written, strict in what they mean: what is no plain
number or no day raises ``ValueError`` with a sentence about it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

MOST_UNITS = 10**13  # requests or units in one row: beyond it a figure is an error, and its sums fit a column
MOST_USD = 10**9  # in one row
SHOWN = 60  # characters of a cell that a message quotes

DAY_FORMATS = {
    "iso": "2026-11-30, with or without a time",
    "seconds": "Seconds since 1970",
    "milliseconds": "Milliseconds since 1970",
    "dmy": "30.11.2026 or 30/11/2026",
    "mdy": "11/30/2026",
}
_THOUSANDS = re.compile(r"\d{1,3}(?:[.\s']\d{3})+(?:,\d+)?")
_EARLIEST, _LATEST = date(2015, 1, 1), date(2200, 1, 1)


def count(text: str, *, comma: bool = False) -> int:
    """Requests or units: 0 or more; 10.0 is ten. ``comma``: the decimal sign is a comma."""
    found = number(text, comma=comma)
    if found < 0 or found != found.to_integral_value():
        raise ValueError(f"{_quoted(text)} is not a count")
    if found > MOST_UNITS:
        raise ValueError(f"{_quoted(text)} is more than a vendor can count")
    return int(found)


def usd(text: str, unit: str, *, comma: bool = False) -> Decimal:
    """A cost in US dollars. ``unit``: usd, cents or nano."""
    found = number(text, comma=comma)
    if found < 0:
        raise ValueError(f"{_quoted(text)} is a negative cost")
    if found > MOST_USD * 10**9:
        raise ValueError(f"{_quoted(text)} is more than anybody can owe")
    found = found.scaleb({"usd": 0, "cents": -2, "nano": -9}[unit])
    if found > MOST_USD:
        raise ValueError(f"{_quoted(text)} is more than anybody can owe")
    return found


def number(text: str, *, comma: bool = False) -> Decimal:
    """``$1,234.50``, ``1.234,50`` where the decimal sign is a comma, ``1e-05``."""
    plain = text.strip().removeprefix("$").removeprefix("US$").strip().replace("_", "")
    if comma and ("," in plain or _THOUSANDS.fullmatch(plain)):
        plain = re.sub(r"[.\s']", "", plain).replace(",", ".")
    else:
        plain = re.sub(r"(?<=\d)[,\s'](?=\d{3}(\D|$))", "", plain)
    try:
        found = Decimal(plain) if len(plain) <= SHOWN else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise ValueError(f"{_quoted(text)} is not a number")
    return found


def day(text: str, form: str = "iso") -> date:
    """The UTC day of a day or moment. ``form``: one of ``DAY_FORMATS``; digits alone are seconds or milliseconds since
    1970 in any form."""
    plain = text.strip()
    try:
        found = _day(plain, form)
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None or not _EARLIEST <= found <= _LATEST:
        raise ValueError(f"{_quoted(text)} is not a day")
    return found


def _day(text: str, form: str) -> date | None:
    if re.fullmatch(r"\d{9,14}(\.\d+)?", text):
        seconds = float(text) / (1000 if form == "milliseconds" or float(text) > 1e11 else 1)
        return datetime.fromtimestamp(seconds, UTC).date()
    if form in ("dmy", "mdy"):
        first, second, year = (int(part) for part in re.split(r"[./-]", text.partition(" ")[0]))
        return date(year, second, first) if form == "dmy" else date(year, first, second)
    return _iso(text)


def _iso(text: str) -> date:
    plain = re.sub(r"\s*UTC$", "+00:00", text.replace("/", "-"))
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", plain):
        return date(*(int(part) for part in plain.split("-")))
    found = datetime.fromisoformat(plain)
    return (found if found.tzinfo is None else found.astimezone(UTC)).date()


def _quoted(text: str) -> str:
    """For a message that a person reads: short, and on one line."""
    plain = "".join(sign if sign.isprintable() else "�" for sign in text.strip())
    return f"“{plain[:SHOWN]}…”" if len(plain) > SHOWN else f"“{plain}”"
