"""What an entry of a provider's event log is, and its name in order of time."""

from __future__ import annotations

import itertools
import secrets

import msgspec

LEVELS = ("debug", "info", "warning", "error")
EVENTS = ("request", "response", "token", "rate_limit", "breaker", "health", "pool")
ID_LENGTH = 24
LONGEST = 500  # characters of a message


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


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Entry).decode

_mine = secrets.token_hex(3)  # tells processes apart
_count = itertools.count()


def new_id(at: int) -> str:
    """24 hexadecimal digits: the millisecond, the process, a number."""
    return f"{at & 0xFFFFFFFFFFFF:012x}{_mine}{next(_count) & 0xFFFFFF:06x}"


def is_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(sign in "0123456789abcdef" for sign in text)


def severity(level: str) -> int:
    """Its place among ``LEVELS``. Raises ``ValueError`` for a word that is none of them."""
    if level not in LEVELS:
        raise ValueError(f"There is no level {level[:20]!r}: {', '.join(LEVELS)}.")
    return LEVELS.index(level)
