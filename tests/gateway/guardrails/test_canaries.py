"""Redaction canaries, through the gateway: every kind of personal data and secret, in every text field of every
endpoint, whole and streamed and cut. None reaches the vendor, the log row, the journal's files, the live log, Python's
log, an error or the stored content; and the app reads what it would read without any guardrail."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.events import exchange_closed, exchange_opened
from gateway.guardrails.compiled import Guard, Guardrails
from gateway.guardrails.settings import read_settings
from monitoring.live.present import row as live_row
from providers.crypto import decrypt
from tests.gateway.embedding_cast import speaking
from tests.gateway.guardrails import streamed
from tests.gateway.guardrails.bodies import BODIES
from tests.gateway.guardrails.cast import guard
from tests.gateway.guardrails.detect.canaries import CANARIES, Canary
from tests.gateway.harness import Gateway, Response, gateway, provider, reply, stream

PATHS = {
    "chat.completions": "/v1/chat/completions",
    "messages": "/v1/messages",
    "messages.count_tokens": "/v1/messages/count_tokens",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "moderations": "/v1/moderations",
    "rerank": "/v1/rerank",
}
STREAMS = ("chat.completions", "messages", "completions")
CALLS = [(endpoint, False) for endpoint in PATHS] + [(endpoint, True) for endpoint in STREAMS]
MODELS = dict.fromkeys(PATHS, "m1") | {"messages": "c1", "messages.count_tokens": "c1"}
RESTORE = guard(settings=read_settings("pii", {}), on_replies=True)
FILES = ("file_data", "url", "data")
Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


def forms(value: str) -> set[bytes]:
    """The value as it may stand in JSON, in JSON inside of JSON, and of one in lines its longest line."""
    found = {value, max(value.split("\n"), key=len)}
    for _ in range(2):
        found |= {json.dumps(one, ensure_ascii=ascii)[1:-1] for one in found for ascii in (True, False)}
    return {one.encode() for one in found}


def holds(data: bytes, value: str) -> bool:
    return any(one in data for one in forms(value))


@pytest.mark.parametrize("canary", CANARIES, ids=lambda one: one.kind)
def test_the_test_would_see_each(canary: Canary) -> None:
    body = BODIES["chat.completions"](lambda: canary.text)
    assert holds(json.dumps(body).encode(), canary.value)


# --- a gateway that is watched from all sides ------------------------------------------------------
class Watched:
    """What left the gateway for anybody but the app."""

    def __init__(self, one: Gateway, journal: Path) -> None:
        self.one = one
        self._journal = journal
        self.live: list[bytes] = []

    def seen(self, *_: Any) -> None:
        exchange = _[0]
        self.live.append(msgspec.json.encode(live_row(exchange)))

    def everything(self) -> dict[str, bytes]:
        """Call it last: it ends the ledger."""
        sent = self.one.network.requests
        journal = b"".join(path.read_bytes() for path in self._journal.rglob("*") if path.is_file())
        rows = self.one.rows()
        return {
            "the vendor": b"".join(one.content + repr((one.url, one.headers.raw)).encode() for one in sent),
            "the journal": journal,
            "the log row": b"".join(msgspec.json.encode(replaced(row)) for row in rows),
            "the stored content": b"".join(decrypt(row.content) for row in rows if row.content),
            "the live log": b"".join(self.live),
        }


def replaced(row: Any) -> Any:
    return msgspec.structs.replace(row, content=b"")


@asynccontextmanager
async def watched(tmp_path: Path, answer: Answer, *guards: Guard) -> AsyncIterator[Watched]:
    plain = speaking(completions_path="/completions", embeddings="openai", rerank="jina", moderations="openai")
    claude = provider("claude", vendor_slug="anthropic", base_url="http://claude.test", models=("c1",))
    async with gateway(tmp_path, answer, plain, claude, store_content=True) as one:
        snapshots = one.runtime.snapshots
        snapshots.current = replace(snapshots.current, guardrails=Guardrails(guards=guards))
        found = Watched(one, tmp_path)
        ends = [topic.subscribe(found.seen) for topic in (exchange_opened, exchange_closed)]
        try:
            yield found
        finally:
            for end in ends:
                end()


def asked(endpoint: str, text: Callable[[], str], *, streaming: bool) -> dict[str, Any]:
    body = {"model": MODELS[endpoint], **BODIES[endpoint](text)}
    return {**body, "stream": True} if streaming else body


def each_alone(endpoint: str) -> list[dict[str, Any]]:
    """Every canary in every field: a body for each."""
    return [asked(endpoint, lambda one=one: one.text, streaming=False) for one in CANARIES]  # type: ignore[misc]


def mixed(endpoint: str, times: int = 3) -> list[dict[str, Any]]:
    """Streams, with another canary in each field, until each was there that often."""
    endless = cycle(CANARIES)
    bodies: list[dict[str, Any]] = []
    made = 0

    def text() -> str:
        nonlocal made
        made += 1
        return next(endless).text

    while made < times * len(CANARIES):
        bodies.append(asked(endpoint, text, streaming=True))
    return bodies


def without_session(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "session_id"}


# --- vendors that say what they heard --------------------------------------------------------------
def heard(value: Any) -> str:
    """Every text of a request, one after the other, as a model reads it: JSON by its meaning, files not at all."""
    if isinstance(value, str):
        parsed = _parsed(value) if value.startswith(("{", "[")) else value
        return value if parsed == value else heard(parsed)
    if isinstance(value, dict):
        return " ".join(filter(None, (heard(one) for name, one in value.items() if name not in FILES)))
    return " ".join(filter(None, map(heard, value))) if isinstance(value, list) else ""


def told(request: httpx.Request, said: Callable[[Any], str]) -> httpx.Response:
    """The answer of whichever API was asked: ``said`` as text, and as the argument of a tool."""
    body = json.loads(request.content)
    path, text = request.url.path, "Echo: " + said(body)
    arguments = json.dumps({"echo": [text]})
    if path.endswith("/count_tokens"):
        return reply({"input_tokens": 5})
    if path.endswith("/embeddings"):
        return reply(
            {"object": "list", "data": [{"index": at, "embedding": [0.5]} for at in range(len(body["input"]))]}
        )
    if path.endswith("/moderations"):
        return reply({"id": "m", "results": [{"flagged": False, "categories": {}, "category_scores": {}}] * 2})
    if path.endswith("/rerank"):
        return reply({"results": [{"index": 1, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.1}]})
    if body.get("stream"):
        return stream(*in_pieces(_stream_of(path, text, arguments)))
    if path.endswith("/messages"):
        blocks = [
            {"type": "text", "text": text},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"echo": [text]}},
        ]
        return reply(
            {"type": "message", "role": "assistant", "model": "c1", "content": blocks, "stop_reason": "end_turn"}
        )
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
    if path.endswith("/chat/completions"):
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
        choice["message"] = {"role": "assistant", "content": text, "tool_calls": [call]}
    else:
        choice["text"] = text
    return reply({"id": "c", "choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


def _stream_of(path: str, text: str, arguments: str) -> bytes:
    if path.endswith("/messages"):
        return streamed.anthropic([("text", text), ("tool_use", arguments)], range(0, 20_000, 41))
    if path.endswith("/chat/completions"):
        return streamed.openai([{"content": text, "call": arguments}], range(0, 20_000, 41))
    return streamed.completions([text], range(0, 20_000, 41))


def in_pieces(data: bytes, size: int = 997) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


async def echo(request: httpx.Request) -> httpx.Response:
    spoken = json.loads(request.content)
    return told(request, lambda _: heard([spoken.get(name) for name in ("system", "messages", "prompt")]))


def read(got: Response) -> Any:
    """What the app puts together of it."""
    if got.headers["content-type"].startswith("text/event-stream"):
        return {place: _parsed(text) for place, text in streamed.read(got.body).items()}
    body = got.json
    for choice in body.get("choices", ()):
        for call in choice.get("message", {}).get("tool_calls", ()):
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return body


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


# --- the canaries ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("endpoint", "streaming"), CALLS)
async def test_no_canary_leaves_and_the_app_reads_what_it_would_read_without(
    tmp_path: Path, endpoint: str, streaming: bool, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    path = PATHS[endpoint]
    bodies = mixed(endpoint) if streaming else each_alone(endpoint)
    async with watched(tmp_path / "with", echo, RESTORE) as one:
        got = [await one.one.call(path, body) for body in bodies]
        everything = one.everything() | {"the process's log": caplog.text.encode()}
    assert [response.status for response in got] == [200] * len(bodies)
    leaks = [
        (where, canary.kind) for where, data in everything.items() for canary in CANARIES if holds(data, canary.value)
    ]
    assert leaks == []
    async with watched(tmp_path / "without", echo) as other:
        plain = [await other.one.call(path, body) for body in bodies]
    for place, (response, without) in enumerate(zip(got, plain, strict=True)):
        assert read(response) == read(without), place


@pytest.mark.parametrize("streaming", [False, True])
async def test_an_error_that_quotes_the_prompt_tells_nothing(tmp_path: Path, streaming: bool, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)

    async def quotes(request: httpx.Request) -> httpx.Response:
        message = f"invalid request: {heard(json.loads(request.content)['messages'])[:2000]}"
        return reply({"error": {"message": message, "type": "invalid_request_error", "code": "bad"}}, 400)

    for endpoint in ("chat.completions", "messages"):
        async with watched(tmp_path / endpoint, quotes, RESTORE) as one:
            bodies = mixed(endpoint) if streaming else each_alone(endpoint)
            got = [await one.one.call(PATHS[endpoint], body) for body in bodies]
            everything = one.everything() | {
                "the app": b"".join(response.body + repr(response.headers).encode() for response in got),
                "the process's log": caplog.text.encode(),
            }
        assert {response.status for response in got} == {400}
        assert [
            (where, one.kind) for where, data in everything.items() for one in CANARIES if holds(data, one.value)
        ] == []


@pytest.mark.parametrize("action", ["block", "log"])
async def test_a_refusal_and_a_note_tell_nothing_to_anybody(tmp_path: Path, action: str, caplog: Any) -> None:
    """What is only noted goes on as it came, so the vendor is left out here, and what a team asked to store."""
    caplog.set_level(logging.DEBUG)
    async with watched(tmp_path, echo, replace(RESTORE, action=action, on_replies=False)) as one:
        bodies = [without_session(body) for body in each_alone("chat.completions")]
        got = [await one.one.call(body=body) for body in bodies]
        everything = one.everything() | {"the process's log": caplog.text.encode()}
    if action == "block":
        everything["the app"] = b"".join(response.body for response in got)
    else:
        del everything["the vendor"], everything["the stored content"]
    assert {response.status for response in got} == {400 if action == "block" else 200}
    assert [(where, one.kind) for where, data in everything.items() for one in CANARIES if holds(data, one.value)] == []


@pytest.mark.parametrize(
    ("endpoint", "streaming"), [(one, streaming) for one in STREAMS for streaming in (False, True)]
)
async def test_what_a_model_makes_up_reaches_neither_the_app_nor_the_store(
    tmp_path: Path, endpoint: str, streaming: bool
) -> None:
    left = [CANARIES[at : at + 5] for at in range(0, len(CANARIES), 5)]
    times = len(left)

    async def says(request: httpx.Request) -> httpx.Response:
        canaries = left.pop(0)
        return told(request, lambda _: "it is " + "\nor ".join(one.text for one in canaries))

    only_replies = replace(RESTORE, action="redact", on_requests=False)
    async with watched(tmp_path, says, only_replies) as one:
        body = asked(endpoint, lambda: "hello", streaming=streaming)
        got = [await one.one.call(PATHS[endpoint], body) for _ in range(times)]
        everything = one.everything()
    del everything["the vendor"]
    everything["the app"] = b"".join(_said(response) for response in got)
    assert {response.status for response in got} == {200}
    assert [(where, one.kind) for where, data in everything.items() for one in CANARIES if holds(data, one.value)] == []


def _said(response: Response) -> bytes:
    return json.dumps(repr(read(response))).encode() + response.body


def test_there_are_at_least_thirty_kinds() -> None:
    kinds: Sequence[str] = [one.kind for one in CANARIES]
    assert len(set(kinds)) == len(kinds) >= 30
