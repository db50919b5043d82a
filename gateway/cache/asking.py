"""What a call's own headers ask of the cache: ``cache-control`` (RFC 9111 §5.2.1) and ``x-cache-ttl``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.errors import BadRequest

CACHE_CONTROL, TTL = "HTTP_CACHE_CONTROL", "HTTP_X_CACHE_TTL"
LONGEST = 2**31  # RFC 9111 §1.2.2: what is longer counts as this


class Asking(NamedTuple):
    """``seconds``: how long to keep, ``None`` where nothing was said of it. ``max_age``: seconds an answer may be old.
    ``no_look``: the answer must be a new one. ``only``: one from the cache, or none. ``wants``: the cache is asked for.
    ``refuses``: nothing is to be kept or given."""

    seconds: int | None = None
    max_age: int | None = None
    no_look: bool = False
    only: bool = False
    wants: bool = False
    refuses: bool = False


def read_asking(headers: Mapping[str, str]) -> Asking:
    """Raises ``BadRequest`` naming the header. Directives that say nothing to a cache of answers are passed over."""
    given = headers.get(TTL)
    ttl = None if given is None else _seconds(given.strip(), "x-cache-ttl must be a whole number of seconds")
    said = _directives(headers.get(CACHE_CONTROL, ""))
    max_age = None
    if "max-age" in said:
        max_age = _seconds(said["max-age"], "cache-control: max-age must be a whole number of seconds")
    only = "only-if-cached" in said
    return Asking(
        seconds=ttl,
        max_age=max_age,
        no_look="no-cache" in said or max_age == 0,
        only=only,
        wants=bool(ttl or max_age) or only,
        refuses="no-store" in said or ttl == 0,
    )


def _directives(header: str) -> dict[str, str]:
    """Names in small letters, with their values. A name that comes twice counts as it came first."""
    found: dict[str, str] = {}
    for one in header.split(","):
        name, _, value = one.partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def _seconds(given: str, what: str) -> int:
    if not (given.isascii() and given.isdigit()):
        raise BadRequest(f"The header {what}.", param=what.split(":")[0].split(" ")[0])
    return min(int(given), LONGEST) if len(given) < 20 else LONGEST
