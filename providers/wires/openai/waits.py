"""How long a vendor wants to be left alone: its headers, and what stands in its message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = r"\d{1,9}(?:\.\d{1,9})?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\b"
_PIECE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|mi(?=l)|[smhd])[a-z]*", re.IGNORECASE | re.ASCII)
_PACKED = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d))+", re.IGNORECASE | re.ASCII)
_SAID = re.compile(
    rf"(?:(?:try|retry)(?:\s+again|\s+your\s+request)?\s+(?:in|after)|wait)\s+({_PACKED.pattern}\b|{_SPAN})",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = 1e9  # a number as large as this is a time, not a span


def read_wait(*headers: Mapping[str, str], message: str | None) -> float | None:
    """Seconds to wait, by ``headers`` (later ones win): beside ``retry-after`` the reset of whichever limit is used up,
    and "try again in 7.5s" in a ``message``. ``None`` for an error that no wait mends: ``retry-after`` alone counts."""
    all_headers = {name.lower(): value for one in headers for name, value in one.items()}
    told = read_retry_after(all_headers)
    if told is not None or message is None:
        return told
    said = _SAID.search(message)
    return _span(said[1]) if said else _reset(all_headers)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, by ``retry-after-ms`` or ``retry-after`` (seconds, or a date held against the vendor's own)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (seconds := _seconds(headers.get(name, ""))) is not None:
            return seconds / unit
    until = _date(headers.get("retry-after", ""))
    return None if until is None else max(0.0, (until - _now(headers)).total_seconds())


def _reset(headers: Mapping[str, str]) -> float | None:
    """The longest reset among the limits of which nothing remains (Groq, OpenAI: "7m12s"; Together: seconds;
    OpenRouter: milliseconds since 1970)."""
    waits = []
    for name, value in headers.items():
        if name.startswith("x-ratelimit-remaining") and value.strip() in ("0", "0.0"):
            waits.append(_until(headers.get(name.replace("-remaining", "-reset", 1), ""), headers))
    return max((wait for wait in waits if wait is not None), default=None)


def _until(text: str, headers: Mapping[str, str]) -> float | None:
    if _PACKED.fullmatch(text.strip()):
        return _span(text)
    number = float(text) if re.fullmatch(r"\s*\d{1,13}(\.\d{1,20})?\s*", text, re.ASCII) else None
    if number is None or number < _EPOCH:
        return number
    return max(0.0, (number / 1000 if number >= _EPOCH * 1000 else number) - _now(headers).timestamp())


def _span(text: str) -> float:
    return sum(
        float(number) * _UNITS["ms" if unit.lower() == "mi" else unit.lower()] for number, unit in _PIECE.findall(text)
    )


def _now(headers: Mapping[str, str]) -> datetime:
    """By the vendor's clock, where it tells."""
    return _date(headers.get("date", "")) or datetime.now(UTC)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,20})?\s*", text, re.ASCII) else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
