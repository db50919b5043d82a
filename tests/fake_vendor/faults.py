"""Everything that may be wrong with a vendor's answer, by name; and schedules of what goes wrong when.

A connection that is refused is no answer: ``FakeVendor.die`` and ``come_back`` do that.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tests.fake_vendor.answers import HANGS, HANGS_MID_STREAM, Answer, error_with_200, failing, html, rate_limited

About = Literal["vendor", "token", "caller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``answer`` is for all calls, or for whole ones where ``streamed`` differs. ``about``: whose fault the vendor says
    it is. ``bearable``: the answer can be used all the same."""

    name: str
    answer: Answer
    streamed: Answer | None = None
    about: About = "vendor"
    bearable: bool = False

    def of(self, *, stream: bool) -> Answer:
        return self.streamed if stream and self.streamed is not None else self.answer


class Schedule(Protocol):
    def next(self) -> Fault | None:
        """What is wrong with the next answer; ``None`` for nothing."""
        ...


class Listed:
    """Faults in their order, then none; ``again`` and again from the start if told so."""

    def __init__(self, faults: Iterable[Fault | None], *, again: bool = False) -> None:
        self._faults = list(faults)
        self._again = again
        self._at = 0

    def next(self) -> Fault | None:
        if self._again and self._faults:
            self._at %= len(self._faults)
        self._at += 1
        return self._faults[self._at - 1] if self._at <= len(self._faults) else None


class Chances:
    """Each fault with its probability; what is left up to 1 is none. The same ``seed`` chooses the same."""

    def __init__(self, chances: Mapping[Fault, float], *, seed: int) -> None:
        self._faults: list[Fault | None] = [*chances, None]
        self._weights = [*chances.values(), max(1 - sum(chances.values()), 0.0)]
        self._random = random.Random(seed)

    def next(self) -> Fault | None:
        return self._random.choices(self._faults, self._weights)[0]


def _json(status: int, body: object) -> Answer:
    return failing(status, body=json.dumps(body).encode())


def _lie(answer: Answer, length: int) -> Answer:
    return replace(answer, content_length=length)


def _fault(name: str, answer: Answer, streamed: Answer | None = None, about: About = "vendor") -> Fault:
    return Fault(name=name, answer=answer, streamed=streamed, about=about)


PLAIN = Answer()
TEXT = (("content-type", "text/plain"),)

REFUSALS = (
    _fault("429 with Retry-After in seconds", rate_limited(1)),
    _fault("429 with Retry-After as a date", rate_limited(2, waiting="date")),
    _fault("429 with retry-after-ms", rate_limited(0.2, waiting="milliseconds")),
    _fault("429 that says no time", rate_limited(None)),
    _fault("429 whose body hangs", replace(rate_limited(1), hang="after headers")),
    _fault("401", failing(401), about="token"),
    _fault("402", failing(402)),
    _fault("400", failing(400), about="caller"),
    _fault("404 in HTML", html(404)),
    _fault("500", failing(500)),
    _fault("500 in HTML", html(500)),
    _fault("500 without a body", failing(500, body=b"")),
    _fault("500 whose body is cut", replace(failing(500), content_length=5000)),
    _fault("500 whose body drips", replace(html(500), cut=2, delay=0.03)),
    _fault("502 in HTML", html(502)),
    _fault("503", failing(503)),
    _fault("503 with Retry-After", replace(failing(503), retry_after=1)),
    _fault("529", _json(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})),
    _fault("307 to itself", failing(307, headers=(("location", "/v1/chat/completions"),), body=b"")),
)

BROKEN_CONNECTIONS = (
    _fault("reset before the headers", Answer(reset="before headers")),
    _fault("closed before the headers", Answer(raw=b"")),
    _fault("reset in the headers", Answer(reset="in headers")),
    _fault("reset behind the headers", Answer(reset_after=0)),
    _fault("reset in the body", Answer(cut=60, reset_after=2)),
    _fault("reset in a late frame", Answer(cut=700, reset_after=2)),
)

HANGING = (
    _fault("hangs before the headers", HANGS),
    _fault("hangs behind the headers", Answer(hang="after headers")),
    _fault("hangs in the middle", replace(HANGS_MID_STREAM, cut=100), HANGS_MID_STREAM),
    _fault("hangs at the end", Answer(hang="after the end", content_length=5000), Answer(hang="after the end")),
)

HALVES = (
    _fault("half an answer that ends well", Answer(cut=100, stops_after=1), Answer(stops_after=4)),
    _fault("a stream that ends with its role", PLAIN, Answer(stops_after=1)),
    _fault("a stream without its terminator", PLAIN, Answer(terminated=False)),
    _fault("a chunk cut short", Answer(chunking="cut", cut=60), Answer(chunking="cut")),
    _fault("a chunk of no size", Answer(chunking="bad size", cut=60), Answer(chunking="bad size")),
    _fault("chunks without an end", Answer(chunking="no end")),
)

LIES = (
    _fault("promises more than it sends", _lie(PLAIN, 100_000)),
    _fault("promises less than it sends", _lie(PLAIN, 50)),
    _fault("promises less and goes on", replace(_lie(PLAIN, 50), lingers=True)),
    _fault("promises nothing and sends", replace(_lie(PLAIN, 0), lingers=True)),
    _fault("says gzip and sends none", Answer(headers=(("content-encoding", "gzip"),))),
)

GARBAGE = (
    _fault("no HTTP", Answer(raw=b"\x15\x03\x01\x00\x02\x02\x28" * 3)),
    _fault("an endless header", Answer(headers=(("x-endless", "x" * 100_000),))),
    _fault("200 with nothing", failing(200, body=b"")),
    _fault("204", failing(204, body=b"")),
    _fault("200 with binary", failing(200, body=bytes(range(256)))),
    _fault("200 with a web page", html(200)),
    _fault("200 with half of JSON", failing(200, body=b'{"choices": [{"index": 0, "mess')),
    _fault("200 with other JSON", _json(200, {"hello": ["world"]})),
    _fault("200 with null", failing(200, body=b"null")),
    _fault("200 with an error inside", error_with_200()),
    _fault("an error as the first event", failing(500), Answer(error_after=0)),
    _fault("an error in the stream", PLAIN, Answer(error_after=4)),
    _fault("a frame that is no JSON", PLAIN, Answer(frames=(b"data: {nonsense\n\n", b"data: [DONE]\n\n"))),
    _fault("only comments", PLAIN, Answer(frames=(b": ping\n\n",) * 3)),
)

BEARABLE = tuple(
    Fault(name=name, answer=answer, bearable=True)
    for name, answer in (
        ("a slow start", Answer(wait=0.04)),
        ("a slower start", Answer(wait=0.13)),
        ("a slow first byte", Answer(pause=0.04)),
        ("drips", Answer(cut=200, delay=0.005)),
        ("comes byte for byte", Answer(cut=7)),
        ("another content type", Answer(headers=TEXT)),
        ("tells no usage", Answer(usage=None)),
    )
)
TOO_SLOW = (
    _fault("starts too late", Answer(wait=3)),
    _fault("drips for ever", Answer(cut=4, delay=0.04), Answer(delay=0.09)),
)

FAULTS = (
    *(*REFUSALS, *BROKEN_CONNECTIONS, *HANGING, *TOO_SLOW),
    *(*HALVES, *LIES, *GARBAGE, *BEARABLE),
)
BY_NAME: Mapping[str, Fault] = {fault.name: fault for fault in FAULTS}
