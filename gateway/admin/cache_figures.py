"""What the answer cache has done, over all processes that told of it: hits by level, hit ratio, money saved. And
emptying it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis import Redis, RedisError

from gateway.admin.amounts import about
from gateway.cache.board import QUIET, Figures, figures_of
from gateway.cache.clearing import mark_cleared
from gateway.cache.keying import EVERYONE
from gateway.runtime import running

PATIENCE = 0.5  # seconds: a page must not wait for a Redis that is away
LEVELS = ("memory", "redis", "disk", "similar", "joined")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """``facts``: name, what it means, value."""

    processes: int
    facts: tuple[tuple[str, str, str], ...]


def figures() -> CacheFigures | None:
    """``None`` where nothing was asked of the cache yet, or nobody can be asked."""
    told = _told()
    asked = sum(one.asked for one in told)
    if not asked:
        return None
    hits = sum(one.hits for one in told)
    by_level = ", ".join(f"{count:,} {name}" for name in LEVELS if (count := sum(getattr(one, name) for one in told)))
    facts = (
        ("Asked", "Calls that the cache was to answer, since the processes started", f"{asked:,}"),
        ("Hits", "Answered from the cache", f"{hits:,}{f' ({by_level})' if by_level else ''}"),
        ("Hit ratio", "Hits of all that were asked", f"{100 * hits / asked:.1f} %"),
        ("Saved", "What the answers had cost when they were made", about(sum(one.saved_nano for one in told))),
        ("Kept", "Answers that were put into the cache", f"{sum(one.stored for one in told):,}"),
        ("Not kept", "They did not end well, or are too large", f"{sum(one.unfit for one in told):,}"),
        ("In memory", "Answers, and their size", _in_memory(told)),
    )
    return CacheFigures(processes=len(told), facts=facts)


def _in_memory(told: Iterable[Figures]) -> str:
    rows = list(told)
    return f"{sum(one.entries for one in rows):,}, {sum(one.bytes for one in rows) / 2**20:.1f} MB"


def _told() -> list[Figures]:
    """Of the processes that are there; where they cannot be asked, of this one."""
    cache: Any = getattr(running(), "cache", None)
    own = {cache.process: cache.figures} if cache is not None else {}
    now = time.time()
    try:
        found = {name: one for name, one in _of_all(now).items() if now - one.at <= QUIET}
    except (RedisError, OSError):
        found = {}
    return list({**found, **own}.values())


def _of_all(now: float) -> dict[str, Figures]:
    with closing(_redis()) if settings.REDIS_URL else nullcontext() as redis:
        return figures_of(redis, settings.CACHE_DIR, now=now)


def clear() -> None:
    """Nothing of before is found from now on, in any process. Raises ``RedisError`` or ``OSError``."""
    with closing(_redis()) if settings.REDIS_URL else nullcontext() as redis:
        mark_cleared(EVERYONE, redis, settings.CACHE_DIR)


def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
