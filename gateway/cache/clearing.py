"""Emptying the cache from outside the processes that use it. Raises ``OSError``, ``RedisError``, ``sqlite3.Error``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redis import Redis

from gateway.cache.board import MARKS, MARKS_FILE, new_mark, read_marks, write_whole
from gateway.cache.keying import EVERYONE
from gateway.cache.shared import ENTRIES
from gateway.cache.store import Store

BATCH = 500


def mark_cleared(scope: str, redis: Redis | None, directory: Path) -> None:
    """From when the processes see it (within a second), nothing of before is found by any of them. Say it first: what
    a process writes after the levels were emptied is then out of reach too."""
    if redis is not None:
        redis.hset(MARKS, scope, new_mark())
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(directory / MARKS_FILE, json.dumps({**read_marks(directory), scope: new_mark()}).encode())


def clear_redis(scope: str, redis: Redis) -> int:
    return sum(redis.unlink(*names) for names in _batches(redis, scope))


def clear_disk(scope: str, directory: Path) -> int:
    """Of this machine; the processes on others do the same when they see the mark."""
    store = Store(directory, patience=10.0)
    if not store.path.exists():
        return 0
    try:
        return store.clear("" if scope == EVERYONE else scope)
    finally:
        store.close()


def redis_totals(redis: Redis) -> tuple[int, int]:
    """Entries, and bytes of what they hold."""
    entries = size = 0
    for names in _batches(redis, EVERYONE):
        with redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.strlen(name)
            lengths: list[Any] = pipeline.execute()
        entries += sum(1 for length in lengths if length)
        size += sum(lengths)
    return entries, size


def _batches(redis: Redis, scope: str) -> Iterator[list[bytes]]:
    pattern = f"{ENTRIES}*" if scope == EVERYONE else f"{ENTRIES}{scope}:*"
    found: list[bytes] = []
    for name in redis.scan_iter(match=pattern, count=BATCH):
        found.append(name)
        if len(found) >= BATCH:
            yield found
            found = []
    if found:
        yield found
