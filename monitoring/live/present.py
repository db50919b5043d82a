"""What of an exchange a viewer of the live log sees: never a secret, a prompt or an answer.

Messages on ``/ws/logs/``, all JSON text, server to viewer:

    {"type": "rows", "source": "1f0c…", "group": "logs.all", "seq": 120, "left_out": 3, "rows": [Row, …]}
        What happened since the last such message, oldest first. ``source`` and ``group`` name one numbered
        row of messages: a process and the audience it told. ``seq`` counts the rows this source has told of
        before this message, so the next one carries ``seq + left_out + len(rows)``; a higher number means
        that many rows were lost on the way. ``left_out`` rows were dropped at the source to keep the rate.
    {"type": "events", "left_out": 0, "events": [Event, …]}
        What happened beside the requests, oldest first: to tokens, breakers, pools, health, budgets, alerts
        (``monitoring.live.events``). Those of a budget, and alerts of a team, go to that team's group and to
        ``logs.all``, all others to ``logs.all`` only.
    {"type": "backlog", "rows": [Row, …], "events": [Event, …]}
        From the database, oldest first: once when a viewer arrives, and once more a little later for rows
        that were not yet written then. May repeat what came live: a row and an event are known by their ``id``.
    {"type": "alive"}
        Sent at intervals, so that a viewer notices a connection that died silently.

A row with an empty ``ended_by`` is still running; the same ``id`` comes again when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from gateway.exchange import Attempt, Exchange
from monitoring.live.events import Event
from monitoring.models import RequestLog

MOST_ATTEMPTS = 8
SHORT, LONG = 120, 300  # characters; an app names its model as long as it likes


class AttemptRow(msgspec.Struct, frozen=True):
    """One try in a row's details. ``latency_ms`` is its own duration, ``waited_ms`` what was waited before it;
    ``reason`` says why this target, ``message`` why it failed, ``kind`` is "", "retry" or "hedge"."""

    provider: str
    model: str
    status: int
    error: str
    reason: str
    verdict: str
    latency_ms: float
    message: str = ""
    kind: str = ""
    waited_ms: float = 0


class Row(msgspec.Struct, frozen=True):
    """One request. ``time`` is its start in milliseconds since the epoch (UTC); usage is counted units;
    ``first_byte_ms`` is 0 when none came; ``attempt_count`` counts all, ``attempts`` holds the first few. ``cost_nano``
    is in nano-dollars, null where unknown."""

    id: str
    time: int
    endpoint: str
    api_key: str
    team: str
    requested_model: str
    provider: str
    model: str
    stream: bool
    status: int
    ended_by: str
    error_code: str
    error_message: str
    input: int
    output: int
    cached_input: int
    usage_basis: str
    latency_ms: float
    first_byte_ms: float
    attempt_count: int
    attempts: list[AttemptRow]
    cost_nano: int | None = None
    cost_basis: str = "unknown"


class RowsMessage(msgspec.Struct, frozen=True, tag="rows"):
    source: str
    group: str
    seq: int
    left_out: int
    rows: list[Row]


class EventsMessage(msgspec.Struct, frozen=True, tag="events"):
    left_out: int
    events: list[Event]


class BacklogMessage(msgspec.Struct, frozen=True, tag="backlog"):
    rows: list[Row]
    events: list[Event] = []


ALIVE = '{"type":"alive"}'
_encoder = msgspec.json.Encoder()


def text_of(message: RowsMessage | EventsMessage | BacklogMessage) -> str:
    """The message as it goes out, encoded once for all who get it."""
    return _encoder.encode(message).decode()


def row(told: Exchange | RequestLog) -> Row:
    """What a viewer sees of an exchange, live or from the log."""
    return Row(
        id=str(told.id),
        time=_milliseconds(told.started_at),
        endpoint=told.endpoint,
        api_key=told.api_key,
        team=told.team,
        requested_model=_cut(told.requested_model, SHORT),
        provider=told.provider,
        model=_cut(told.model, SHORT),
        stream=told.stream,
        status=told.status,
        ended_by=told.ended_by,
        error_code=told.error_code,
        error_message=_cut(told.error_message, LONG),
        input=told.input,
        output=told.output,
        cached_input=told.cached_input,
        usage_basis=told.usage_basis,
        latency_ms=told.latency_us / 1000,
        first_byte_ms=told.first_byte_us / 1000,
        attempt_count=len(told.attempts),
        attempts=[_attempt_row(attempt) for attempt in _attempts(told.attempts[:MOST_ATTEMPTS])],
        cost_nano=told.cost_nano,
        cost_basis=told.cost_basis,
    )


def _attempt_row(attempt: Attempt) -> AttemptRow:
    return AttemptRow(
        provider=attempt.provider,
        model=_cut(attempt.model, SHORT),
        status=attempt.status,
        error=attempt.error,
        reason=_cut(attempt.reason, LONG),
        verdict=attempt.verdict,
        latency_ms=attempt.duration_us / 1000,
        message=_cut(attempt.message, LONG),
        kind=attempt.kind,
        waited_ms=attempt.waited_us / 1000,
    )


def _attempts(stored: Iterable[Attempt | dict[str, Any]]) -> Iterable[Attempt]:
    """Attempts as the exchange holds them, or by name, as the log keeps them. One that this version cannot read is
    left out; the row is worth more than its details."""
    for one in stored:
        if isinstance(one, Attempt):
            yield one
        elif isinstance(one, dict):
            try:
                yield msgspec.convert([one.get(name, default) for name, default in _ATTEMPT_FIELDS], Attempt)
            except msgspec.ValidationError:
                continue


def _usual(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return "" if field.required else field.default


_ATTEMPT_FIELDS = [(field.name, _usual(field)) for field in msgspec.structs.fields(Attempt)]


def _milliseconds(started_at: int | datetime) -> int:
    if isinstance(started_at, datetime):
        return int(started_at.timestamp() * 1000)
    return started_at // 1000


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
