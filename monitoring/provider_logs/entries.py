"""The event log of a provider as it is read: newest entries, statistics, and emptying it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import redis
from django.conf import settings

from monitoring.access import Viewer
from monitoring.provider_logs import files, marks, recorder
from monitoring.provider_logs.kept import MOST, Shared
from monitoring.provider_logs.shape import EVENTS, LEVELS, Entry, is_id, severity

__all__ = ["EVENTS", "LEVELS", "Entry", "Page", "Stats", "clear", "entries", "stats"]

log = logging.getLogger("switchboard.provider_logs")


class Page(NamedTuple):
    """Newest first; ``next`` is the cursor of the entries after these, "" at the end."""

    entries: list[Entry]
    next: str


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Of what is kept now: counts by level and by event, and when the oldest and newest entry were written (ms)."""

    provider: str
    entries: int
    by_level: dict[str, int]
    by_event: dict[str, int]
    oldest: int | None
    newest: int | None
    file_bytes: int  # of this process's files


def entries(
    viewer: Viewer,
    provider: str = "",
    *,
    level: str = "debug",
    event: str = "",
    text: str = "",
    cursor: str = "",
    most: int = 100,
) -> Page:
    """Entries of one provider, or of all, at ``level`` and above. A viewer that does not see everything gets those of
    its teams' requests, without the token. Raises ``ValueError`` for a cursor, level or event that is not one."""
    least = severity(level)
    if event and event not in EVENTS:
        raise ValueError(f"There is no event {event[:20]!r}: {', '.join(EVENTS)}.")
    if cursor and not is_id(cursor):
        raise ValueError("The cursor is not one: take it from the page before.")
    found = [
        one
        for one in _seen(viewer, _kept([provider] if provider else None))
        if severity(one.level) >= least
        and (not event or one.event == event)
        and (not cursor or one.id < cursor)
        and (not text or _says(one, text.lower()))
    ]
    found.sort(key=lambda one: one.id, reverse=True)
    page = found[: max(1, most)]
    return Page(page, page[-1].id if len(found) > len(page) else "")


def stats(viewer: Viewer, provider: str = "") -> list[Stats]:
    """Of one provider, or of each that has entries, by name."""
    by_provider: dict[str, list[Entry]] = {provider: []} if provider else {}
    for one in _seen(viewer, _kept([provider] if provider else None)):
        by_provider.setdefault(one.provider, []).append(one)
    return [_stats(viewer, name, some) for name, some in sorted(by_provider.items())]


def clear(provider: str) -> int:
    """Empties one provider's event log in every process, files too; returns how many entries memory held. Touches
    neither the request log nor anything that counts money."""
    at = time.time_ns() // 1_000_000
    held = len(_kept([provider]))
    running = recorder.current()
    if running is not None:
        running.flush()  # what waits would come after
        running.clear(provider, at)
    try:
        marks.set_mark(_root(), provider, at)
        files.delete(_root(), provider)
    except OSError as error:
        log.warning("Other processes of this machine keep their provider logs: %s", error.strerror)
    if settings.REDIS_URL:
        try:
            with closing(Shared(settings.REDIS_URL)) as shared:
                shared.clear(provider, at)
        except redis.RedisError as error:
            log.warning("Processes elsewhere keep their provider logs, Redis is away: %s", type(error).__name__)
    return held


def _stats(viewer: Viewer, provider: str, some: list[Entry]) -> Stats:
    running = recorder.current()
    return Stats(
        provider=provider,
        entries=len(some),
        by_level={level: count for level in LEVELS if (count := sum(one.level == level for one in some))},
        by_event=dict(Counter(one.event for one in some)),
        oldest=min((one.at for one in some), default=None),
        newest=max((one.at for one in some), default=None),
        file_bytes=running.files.size(provider) if running is not None and viewer.everything else 0,
    )


def _seen(viewer: Viewer, found: Iterable[Entry]) -> list[Entry]:
    """What the viewer may see of them. Tokens and machines belong to no team."""
    if viewer.everything:
        return list(found)
    return [msgspec.structs.replace(one, token="", process="") for one in found if viewer.sees(one.team_id)]


def _kept(names: list[str] | None) -> list[Entry]:
    """Of these providers, or of all: everybody's in Redis; else this process's; else what the files hold."""
    if settings.REDIS_URL:
        try:
            with closing(Shared(settings.REDIS_URL)) as shared:
                cleared = shared.cleared()  # a process that has not heard of it yet goes on for a second
                found = (one for name in names or shared.providers() for one in shared.entries(name))
                return [one for one in found if one.at > cleared.get(one.provider, 0)]
        except redis.RedisError as error:
            log.info("provider logs of this process only, Redis is away: %s", type(error).__name__)
    running = recorder.current()
    if running is not None:
        return [one for name in names or running.memory.providers() for one in running.memory.entries(name)]
    return _from_files(names)


def _from_files(names: list[str] | None) -> list[Entry]:
    root = _root()
    try:
        return [one for name in names or files.providers(root) for one in files.read(root, name, most=MOST)]
    except OSError as error:
        log.warning("Provider logs cannot be read: %s", error.strerror)
        return []


def _root() -> Path:
    running = recorder.current()
    return running.files.root if running is not None else settings.DATA_DIR / "logs"


def _says(one: Entry, text: str) -> bool:
    return any(text in part.lower() for part in (one.message, one.model, one.error, one.request_id, one.token))
