"""What an app's headers ask of the attempt loop. They tighten what the admin set, and never loosen it.

``x-switchboard-max-attempts``, ``-retries``, ``-timeout`` and ``-slow-start`` (seconds), ``-fallback: off`` (the first
target only), ``-priority: low``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from gateway.errors import BadRequest
from gateway.inbound import NO_WISHES, Wishes

PREFIX = "HTTP_X_SWITCHBOARD_"
LONGEST = 86_400.0


def read_wishes(meta: Mapping[str, str]) -> Wishes:
    """``meta`` as Django names headers. Raises ``BadRequest`` naming the header."""
    if HEADERS.keys().isdisjoint(meta):
        return NO_WISHES
    said: dict[str, Any] = {}
    for header, (name, read) in HEADERS.items():
        given = meta.get(header)
        if given is not None:
            said[name] = read(header, given.strip())
    return Wishes(**said)


def _count(least: int, most: int) -> Callable[[str, str], int]:
    def read(header: str, given: str) -> int:
        if not (given.isascii() and given.isdigit() and len(given) < 6) or not least <= int(given) <= most:
            raise _wrong(header, f"a whole number from {least} to {most}")
        return int(given)

    return read


def _seconds(header: str, given: str) -> float:
    try:
        seconds = float(given) if given.isascii() and "_" not in given else 0.0
    except ValueError:
        seconds = 0.0
    if not isfinite(seconds) or not 0 < seconds <= LONGEST:
        raise _wrong(header, f"seconds, more than 0 and up to {LONGEST:g}")
    return seconds


def _switch(header: str, given: str) -> bool:
    if given.lower() not in ("on", "off"):
        raise _wrong(header, "on or off")
    return given.lower() == "on"


def _is_low(header: str, given: str) -> bool:
    if given.lower() not in ("low", "normal", "high"):
        raise _wrong(header, "low, normal or high")
    return given.lower() == "low"


def _wrong(header: str, what: str) -> BadRequest:
    name = header.removeprefix("HTTP_").replace("_", "-").lower()
    return BadRequest(f"The header {name} must be {what}.", param=name)


HEADERS: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
    PREFIX + "MAX_ATTEMPTS": ("max_attempts", _count(1, 50)),
    PREFIX + "RETRIES": ("retries", _count(0, 10)),
    PREFIX + "TIMEOUT": ("deadline", _seconds),
    PREFIX + "SLOW_START": ("slow_start", _seconds),
    PREFIX + "FALLBACK": ("fallback", _switch),
    PREFIX + "PRIORITY": ("low_priority", _is_low),
}
