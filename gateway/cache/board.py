"""What processes tell each other of the cache: when which part of it was cleared, and how each of them does.

In Redis where there is one, else in files of the data directory: without Redis there is one process only.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
from redis import Redis as PlainRedis

from gateway.cache.shared import PREFIX

MARKS, FIGURES = PREFIX + "marks", PREFIX + "figures"
MARKS_FILE, FIGURES_FILES = "marks.json", "figures-*.json"
FORGOTTEN = 3600.0  # seconds after which a process that says nothing is not told of
QUIET = 15.0  # seconds after which it counts as gone


class Figures(msgspec.Struct, omit_defaults=True):
    """Of one process since it started. ``asked``: calls that the cache was to answer. Sizes are in bytes."""

    at: float = 0.0
    asked: int = 0
    memory: int = 0  # hits by level
    redis: int = 0
    disk: int = 0
    similar: int = 0
    joined: int = 0
    stored: int = 0
    unfit: int = 0  # answers that were not kept: they did not end well, or are too large
    unwritten: int = 0  # kept in memory only: the other levels could not keep up
    saved_nano: int = 0
    entries: int = 0
    bytes: int = 0
    evicted: int = 0
    alike: int = 0  # requests that similar ones are compared with

    @property
    def hits(self) -> int:
        return self.memory + self.redis + self.disk + self.similar + self.joined


class Board(Protocol):
    """Raises ``OSError`` or ``redis.RedisError`` where it cannot be reached."""

    async def marks(self) -> Mapping[str, str]: ...

    async def tell(self, process: str, figures: Figures) -> None: ...


class RedisBoard:
    def __init__(self, redis: Any) -> None:
        self._redis = redis

    async def marks(self) -> Mapping[str, str]:
        return texts(await self._redis.hgetall(MARKS))

    async def tell(self, process: str, figures: Figures) -> None:
        await self._redis.hset(FIGURES, process, msgspec.json.encode(figures))


class FileBoard:
    """Small files: reading one takes less time than going to a thread would."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: tuple[int, Mapping[str, str]] = (0, {})

    async def marks(self) -> Mapping[str, str]:
        try:
            changed = (self._directory / MARKS_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self._seen[0]:
            self._seen = (changed, read_marks(self._directory))
        return self._seen[1]

    async def tell(self, process: str, figures: Figures) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._directory / FIGURES_FILES.replace("*", process), msgspec.json.encode(figures))


def new_mark() -> str:
    """Never the same twice."""
    return f"{time.time_ns()}-{os.urandom(4).hex()}"


def texts(found: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in found.items()}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read_marks(directory: Path) -> dict[str, str]:
    try:
        found = json.loads((directory / MARKS_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return texts(found) if isinstance(found, dict) else {}


def write_whole(path: Path, content: bytes) -> None:
    """Whoever reads it sees all or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def figures_of(redis: PlainRedis | None, directory: Path, *, now: float) -> dict[str, Figures]:
    """What each process told last, for a management command; those long gone are taken away."""
    raw = _of_redis(redis) if redis is not None else _of_files(directory)
    found: dict[str, Figures] = {}
    for process, content in raw.items():
        try:
            figures = msgspec.json.decode(content, type=Figures)
        except (msgspec.MsgspecError, ValueError):
            figures = Figures()
        if now - figures.at > FORGOTTEN:
            _forget(process, redis, directory)
        else:
            found[process] = figures
    return found


def _of_redis(redis: PlainRedis) -> dict[str, bytes]:
    found: Any = redis.hgetall(FIGURES)
    return {_text(process): content for process, content in found.items()}


def _of_files(directory: Path) -> dict[str, bytes]:
    begins, ends = FIGURES_FILES.split("*")
    found: dict[str, bytes] = {}
    for path in sorted(directory.glob(FIGURES_FILES)):
        try:
            found[path.name[len(begins) : -len(ends)]] = path.read_bytes()
        except FileNotFoundError:
            continue
    return found


def _forget(process: str, redis: PlainRedis | None, directory: Path) -> None:
    if redis is not None:
        redis.hdel(FIGURES, process)
    else:
        (directory / FIGURES_FILES.replace("*", process)).unlink(missing_ok=True)
