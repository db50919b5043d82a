"""What a vendor's headers tell of a token's limits: what is left of them, and when there is more. No I/O.

Read are, with what vendors were seen to send: ``x-ratelimit-{limit,remaining,reset}-{requests,tokens}`` (OpenAI, Groq,
xAI, Azure: "6m0s", "20ms", -1 for no limit), the same with a window (Cerebras ``…-requests-day``, Mistral
``…-req-minute``), without a kind (Together: seconds; OpenRouter: milliseconds since 1970; GitHub: seconds since 1970),
``anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`` (RFC 3339),
``x-ratelimitbysize-…`` (Mistral) and ``ratelimit`` of the IETF's drafts, in both of its forms. What cannot be read, and
kinds that no call is planned by (images, audio seconds), are passed over. ``retry-after`` is not: vendors send it with
good replies too, where it means nothing; with a refusal it is the wire's to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

MOST = 10**15  # what is larger means "no limit"
LONGEST = 31 * 86400.0  # seconds; a reset further ahead is nonsense
SCARCE = 0.05  # of a limit: from there on every reply is listened to

_KINDS = {
    "": "requests",
    "requests": "requests",
    "req": "requests",
    "tokens": "usage",
    "input-tokens": "usage",
    "output-tokens": "usage",
    "tokens_usage_based": "usage",
}
_FIELDS = frozenset({"limit", "remaining", "reset"})
_WINDOW = re.compile(r"(.*?)-?((?:\d{1,5}-)?(?:second|minute|hour|day|month))", re.ASCII)
_PIECE = re.compile(r"(\d{1,9}(?:\.\d{1,20})?)(ms|s|m|h|d)", re.ASCII)
_PACKED = re.compile(r"(?:\d{1,9}(?:\.\d{1,20})?(?:ms|s|m|h|d))+", re.ASCII)
_NUMBER = re.compile(r"\d{1,19}(?:\.\d{1,20})?", re.ASCII)
_STRUCTURED = re.compile(r"(?:^|[;,\s])(r|t|remaining|reset|limit)=(\d{1,18})\b", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LETTERS = {"r": "remaining", "t": "reset", "remaining": "remaining", "reset": "reset", "limit": "limit"}
_EPOCH = 1e9  # a number as large as this is a time, not a span


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What is left, of requests and of usage, each by its scarcest limit; ``None`` where the vendor does not tell.
    ``resets_at``: when the scarcest of all is renewed. Times are seconds since the epoch."""

    requests_left: int | None = None
    requests_limit: int | None = None
    usage_left: int | None = None
    usage_limit: int | None = None
    resets_at: float | None = None
    used_up_until: float = 0  # 0: something is left of everything, or nobody says until when nothing is
    at: float = 0

    @property
    def scarce(self) -> bool:
        """Whether so little is left that the next reply matters."""
        pairs = ((self.requests_left, self.requests_limit), (self.usage_left, self.usage_limit))
        return any(left is not None and left <= SCARCE * (limit or 0) for left, limit in pairs)

    def stored(self) -> dict[str, Any]:
        """As ``TokenState.quota`` keeps it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class _Limit(NamedTuple):
    """One limit of a vendor, as far as it was told. ``reset``: seconds from now."""

    kind: str
    left: int
    limit: int | None
    reset: float | None

    @property
    def share(self) -> float:
        return self.left / self.limit if self.limit else float(self.left > 0)


def read_quota(headers: Mapping[str, str], *, now: float) -> Quota | None:
    """What ``headers`` (small letters) tell; ``None`` if nothing. ``now``: seconds since the epoch. Never raises."""
    told = _collected(headers)
    if not told:
        return None
    offset = _clock(headers.get("date", ""), now)
    limits = [one for key, fields in told.items() if (one := _limit(key[0], fields, offset)) is not None]
    if not limits:
        return None
    requests = min((one for one in limits if one.kind == "requests"), key=_scarcity, default=None)
    usage = min((one for one in limits if one.kind == "usage"), key=_scarcity, default=None)
    scarcest = min(limits, key=_scarcity)
    empty = [one.reset for one in limits if one.left == 0 and one.reset]
    return Quota(
        requests_left=requests and requests.left,
        requests_limit=requests and requests.limit,
        usage_left=usage and usage.left,
        usage_limit=usage and usage.limit,
        resets_at=now + scarcest.reset if scarcest.reset is not None else None,
        used_up_until=now + max(empty) if empty else 0,
        at=now,
    )


def _scarcity(one: _Limit) -> tuple[float, float]:
    """Little first; of equally little, what comes back last."""
    return one.share, -(one.reset or 0)


def _collected(headers: Mapping[str, str]) -> dict[tuple[str, str], dict[str, str]]:
    """(kind, which of that kind) → limit, remaining and reset as text."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in headers.items():
        if "ratelimit" in name:
            for key, field, text in _told(name, value):
                found.setdefault(key, {})[field] = text
    return found


def _told(name: str, value: str) -> Iterator[tuple[tuple[str, str], str, str]]:
    if name == "ratelimit":
        for letter, number in _STRUCTURED.findall(value[:200]):
            yield ("requests", name), _LETTERS[letter], number
        return
    family, _, rest = name.partition("ratelimit")
    bysize = rest.startswith("bysize")
    parts = rest.removeprefix("bysize").strip("-").split("-")
    field = next((part for part in parts if part in _FIELDS), "")
    kind, window = _split("-".join(part for part in parts if part != field))
    known = "usage" if bysize and not kind else _KINDS.get(kind, "")
    if field and known:
        yield (known, f"{family}{kind}{window}{bysize}"), field, value


def _split(text: str) -> tuple[str, str]:
    """ "requests-day" → "requests", "day"."""
    found = _WINDOW.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def _limit(kind: str, fields: Mapping[str, str], offset: float) -> _Limit | None:
    left = _count(fields.get("remaining", ""))
    if left is None:
        return None
    limit = _count(fields.get("limit", ""))
    if limit == 0:
        return None  # of a limit of nothing, nothing is always left
    return _Limit(kind, left, limit, _reset(fields.get("reset", ""), offset))


def _count(text: str) -> int | None:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return int(number) if number < MOST else None


def _reset(text: str, offset: float) -> float | None:
    """Seconds from now. ``offset``: the vendor's clock, in seconds since the epoch."""
    text = text.strip()
    if _PACKED.fullmatch(text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(text))
    elif _NUMBER.fullmatch(text):
        number = float(text)
        seconds = number if number < _EPOCH else (number / 1000 if number >= _EPOCH * 1000 else number) - offset
    elif (moment := _moment(text)) is not None:
        seconds = moment - offset
    else:
        return None
    return min(seconds, LONGEST) if seconds >= 0 else 0.0


def _moment(text: str) -> float | None:
    """An RFC 3339 time, in seconds since the epoch."""
    try:
        found = datetime.fromisoformat(text[:40])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _clock(date: str, now: float) -> float:
    """The vendor's time, where it tells one that can be; else ours."""
    try:
        found = parsedate_to_datetime(date)
        told = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return now
    return told if abs(told - now) < 86400 else now
