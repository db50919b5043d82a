"""An exchange as a row of the request log, fit for both databases: text cut to its column and without NUL, which
PostgreSQL refuses, numbers within theirs. No ORM: this runs for every call, beside the event loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter, gt
from typing import Any

import msgspec
from django.db import models
from msgspec.structs import astuple

from gateway.exchange import Attempt, Exchange, Verdict
from monitoring.models import RequestLog

_ERROR_LENGTH = 10_000  # characters kept of an error's text, whose column has no limit
_LARGEST = 2**63 - 1
_LAST = 253_402_128_000_000_000 - 1  # microseconds; the two days that follow must be dates too, for partitions

_fields: Any = RequestLog._meta.concrete_fields
_texts = [
    field for field in _fields if isinstance(field, models.CharField | models.TextField) and field.name != "judged"
]
_numbers = [
    field for field in _fields if isinstance(field, models.PositiveBigIntegerField | models.PositiveSmallIntegerField)
]
_text_limits = [field.max_length or _ERROR_LENGTH for field in _texts]
_number_limits = [32767 if isinstance(field, models.PositiveSmallIntegerField) else _LARGEST for field in _numbers]
_get_texts = attrgetter(*(field.name for field in _texts))
_get_numbers = attrgetter(*(field.name for field in _numbers))

COLUMNS = [
    *("id", "started_at", "api_key_id", "team_id", "stream", "attempts", "cost_nano", "unit_prices", "plan"),
    *("tags", "verdicts", "saved_nano"),
    "judged",
    *(field.column for field in _texts),
    *(field.column for field in _numbers),
]


def _by_name(kind: type[msgspec.Struct]) -> Any:
    """The same struct as an object with names; what it does not tell (a default) is left out, which half of the text
    would be."""
    fields = []
    for field in msgspec.structs.fields(kind):
        usual: Any = "" if field.required else field.default
        if field.default_factory is not msgspec.NODEFAULT:
            usual = msgspec.field(default_factory=field.default_factory)
        fields.append((field.name, field.type, usual))
    return msgspec.defstruct(f"_{kind.__name__}", fields, omit_defaults=True)


_Named: Any = _by_name(Attempt)
_NamedVerdict: Any = _by_name(Verdict)
_WEIGHTS = ("blocked", "failed", "shadow", "changed", "noted")
_to_json = msgspec.json.Encoder().encode


def row(exchange: Exchange, *, started_at: str) -> tuple[Any, ...]:
    """The values of ``COLUMNS``; ``attempts`` as JSON text, a list of objects without what is empty, and so are
    ``unit_prices``."""
    texts = _get_texts(exchange)
    if any(map(gt, map(len, texts), _text_limits)) or "\0" in "".join(texts):
        texts = tuple(_plain(text)[:limit] for text, limit in zip(texts, _text_limits, strict=True))
    numbers = _get_numbers(exchange)
    if min(numbers) < 0 or any(map(gt, numbers, _number_limits)):
        numbers = tuple(max(0, min(pair)) for pair in zip(numbers, _number_limits, strict=True))
    return (
        exchange.id.replace("-", ""),
        started_at,
        min(exchange.api_key_id, _LARGEST) or None,
        min(exchange.team_id, _LARGEST) or None,
        exchange.stream,
        _attempts(exchange.attempts),
        _cost(exchange.cost_nano),
        _to_json(exchange.unit_prices).decode() if exchange.unit_prices else "{}",
        _plan(exchange.plan),
        _to_json(exchange.tags).decode() if exchange.tags else "[]",
        _verdicts(exchange.verdicts) if exchange.verdicts else "[]",
        _cost(exchange.saved_nano),
        judged(exchange.verdicts) if exchange.verdicts else "",
        *texts,
        *numbers,
    )


def judged(verdicts: Sequence[Verdict]) -> str:
    """``RequestLog.Judged``: what weighs most among them."""
    found = {_weight_of(one) for one in verdicts}
    return next((word for word in _WEIGHTS if word in found), "")


def _weight_of(verdict: Verdict) -> str:
    if verdict.action == "failed":
        return "failed"
    if verdict.action == "log":
        return "noted"
    if verdict.shadow:
        return "shadow"
    return "blocked" if verdict.action in ("block", "refuse") else "changed"


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    text = _to_json([_NamedVerdict(*astuple(one)) for one in verdicts]).decode()
    return "[]" if "\\u0000" in text else text


def started(exchange: Exchange) -> int:
    """When it began, in microseconds since the epoch, within what both databases can hold."""
    at = exchange.started_at
    return at if 0 <= at <= _LAST else max(0, min(at, _LAST))


def sqlite_time(microseconds: int) -> str:
    """As Django writes it there: a text, in UTC, without a fraction of zero."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}" if fraction else _second(seconds)


def postgresql_time(microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}+00"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _plain(text: str) -> str:
    return text.replace("\0", "")


def _cost(nano: int | None) -> int | None:
    """A cost beyond the column is a vendor's error, and unknown."""
    return nano if nano is not None and -_LARGEST <= nano <= _LARGEST else None


def _plan(story: bytes) -> str:
    """JSON as it was journaled. PostgreSQL refuses a NUL in it, which only a made-up name holds."""
    if not story or b"\\u0000" in story:
        return "{}"
    return story.decode("utf-8", "replace")


def _attempts(attempts: Iterable[Attempt]) -> str:
    text = _to_json([_Named(*astuple(attempt)) for attempt in attempts]).decode()
    if "\\u0000" in text:
        plain = [[_plain(value) if isinstance(value, str) else value for value in astuple(one)] for one in attempts]
        text = _to_json([_Named(*values) for values in plain]).decode()
    return text
