"""The event log of a provider as it is read: newest entries, statistics, and emptying it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from monitoring.access import Viewer

LEVELS = ("debug", "info", "warning", "error")
EVENTS = ("request", "response", "token", "rate_limit", "breaker", "health", "pool")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event, as it stands in the file, a JSON object a line, and in the API. ``at``: milliseconds since the epoch
    (UTC). ``id`` grows with time and is unique. Never a secret, a prompt or an answer; ``token`` is a fingerprint."""

    id: str
    at: int
    level: str
    event: str
    provider: str
    message: str
    process: str = ""
    model: str = ""
    token: str = ""
    request_id: str = ""  # the exchange's id
    team_id: int = 0
    status: int = 0
    error: str = ""
    latency_ms: float = 0


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
    viewer: Viewer, provider: str = "", *, level: str = "debug", event: str = "", text: str = "", cursor: str = "",
    most: int = 100,
) -> Page:
    """Entries of one provider, or of all, at ``level`` and above. A viewer that does not see everything gets those of
    its teams' requests. Raises ``ValueError`` for a cursor that is not one."""
    raise NotImplementedError


def stats(viewer: Viewer, provider: str = "") -> list[Stats]:
    raise NotImplementedError


def clear(provider: str) -> int:
    """Empties one provider's event log in every process, files too; returns how many entries memory held. Touches
    neither the request log nor anything that counts money."""
    raise NotImplementedError
