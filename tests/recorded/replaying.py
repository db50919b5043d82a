"""One record against the wire that reads it: answers whole and in pieces, errors, and the request written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from providers.canonical import Event, Failed
from providers.errors import StreamBroken, SwitchboardError, UpstreamError
from providers.wires.base import fold
from tests.recorded.comparing import differences, received
from tests.recorded.cutting import ways
from tests.recorded.expected import Expected
from tests.recorded.placing import place, target_of, wire_of
from tests.recorded.records import Record


def expected_of(record: Record) -> Expected:
    found = place(record)
    assert found is not None
    return found.oracle(record.body, stream=record.stream)


def answer_problems(record: Record) -> Iterator[str]:
    """What is wrong with the way a record's answer is read; nothing where all is right."""
    if record.failed:
        yield from _error_problems(record)
        return
    expected = expected_of(record)
    if not record.stream:
        yield from _whole_problems(record, expected)
        return
    for way, pieces in ways(record):
        for problem in _stream_problems(record, expected, pieces):
            yield f"{way}: {problem}"


def _whole_problems(record: Record, expected: Expected) -> Iterator[str]:
    try:
        reply = wire_of(record).read_reply(record.body, target_of(record))
    except SwitchboardError as error:
        if not expected.failed:
            yield f"{type(error).__name__}: {error.message}"
        return
    if expected.failed:
        yield "the error in it was not noticed"
    else:
        yield from differences(expected, received(reply))


def _stream_problems(record: Record, expected: Expected, pieces: Sequence[bytes]) -> Iterator[str]:
    reader = wire_of(record).stream_reader(target_of(record))
    events: list[Event] = [event for piece in pieces for event in reader.feed(piece)]
    events += reader.close()
    failures = [event for event in events if isinstance(event, Failed)]
    if expected.failed or expected.cut:
        if not failures:
            yield "the stream failed or was cut, and nobody noticed"
        elif expected.cut and not expected.failed and not isinstance(failures[0].error, StreamBroken):
            yield f"a cut stream was taken for {failures[0].error!r}"
        return
    if failures:
        yield f"Failed({failures[0].error!r})"
        return
    yield from differences(expected, received(fold(events)))


def _error_problems(record: Record) -> Iterator[str]:
    error = wire_of(record).read_error(record.status, record.headers, record.body, target_of(record))
    if not isinstance(error, UpstreamError):
        yield f"{error!r} is no upstream error"
    for words, code, statuses in JUDGEMENTS:
        if re.search(words, _told(record), re.I):
            if error.code != code or error.status not in statuses:
                yield f"{error.status} {error.code} for {_told(record)[:200]!r}"
            break
    else:
        if error.status not in USUAL.get(record.status, {400, 502, 503}):
            yield f"{error.status} {error.code} for a {record.status}: {_told(record)[:200]!r}"
    said = _message(record)
    if said and said[:20] not in error.message and not said.startswith(("Provider returned error", "400 Bad")):
        yield f"the vendor's words {said[:80]!r} are not in {error.message[:120]!r}"


# What the words of an error must be taken for, whatever its status.
JUDGEMENTS: tuple[tuple[str, str, set[int]], ...] = (
    (
        r"maximum context length|context_length_exceeded|prompt is too long|exceed_context_size|input is too long"
        r"|exceeds the context window|context size has been exceeded|input token count.{0,40}exceeds",
        "context_length_exceeded",
        {400},
    ),
    (r"api key not valid|incorrect api key|invalid x-api-key|invalid_api_key", "provider_credential_rejected", {502}),
    (r"insufficient_quota|insufficient credit|insufficient balance|out of credits", "insufficient_quota", {429}),
)
USUAL = {
    400: {400, 404},
    401: {403, 502},
    402: {429},
    403: {400, 403, 404, 429, 502},
    404: {404, 400, 502},
    413: {400},
    422: {400},
    429: {429, 503},
    500: {502, 503, 500},
    501: {400, 502},
    502: {502, 503},
    503: {429, 502, 503},
    529: {503},
}


def _told(record: Record) -> str:
    return record.body.decode(errors="replace")


def _message(record: Record) -> str:
    """The text of an error that says it in the usual place."""
    try:
        answer = json.loads(record.body)
    except ValueError:
        return ""
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message.strip() if isinstance(message, str) else ""
