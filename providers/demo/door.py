"""The simulation's door: HTTP parts in, a status, headers and a body in pieces out, in OpenAI's dialect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from providers.canonical import Call, Event, HttpParts, Reasoning, ReasoningDelta, Reply, Text, TextDelta, ToolCallDelta
from providers.demo.failures import BROKEN, FAILURES, HANG, Failure
from providers.demo.speech import reply_events
from providers.errors import RequestRejected
from providers.vendors.base import LocalReply, vendor
from providers.wires.base import fold, wire

SECONDS_PER_WORD = 0.015
JSON = ("content-type", "application/json")


async def answer(request: HttpParts, headers: Mapping[str, str]) -> LocalReply:
    """The reply to ``request``. Never raises for a bad one: that gets OpenAI's 400. ``demo-hang`` never returns."""
    token = headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token == HANG:
        await asyncio.Event().wait()
    if token in FAILURES:
        return _failed(FAILURES[token])
    match request.method, request.path.partition("?")[0]:
        case "GET", "/models":
            return _json(200, {"object": "list", "data": [_model(model_id) for model_id in _models()]})
        case "POST", "/chat/completions":
            return await _chat(request.content)
        case method, path:
            return _rejected(RequestRejected(f"Unknown request URL: {method} {path}.", status=404, code="unknown_url"))


async def _chat(content: bytes) -> LocalReply:
    try:
        call = _read(content)
        if call.model == HANG:
            await asyncio.Event().wait()
        if call.model in FAILURES:
            return _failed(FAILURES[call.model])
        events = list(reply_events(call, created=int(time.time())))
    except RequestRejected as error:
        return _rejected(error)
    if call.stream:
        return LocalReply(status=200, headers=(("content-type", "text/event-stream"),), body=_stream(call, events))
    return LocalReply(status=200, headers=(JSON,), body=_whole(call, fold(events)))


def _read(content: bytes) -> Call:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestRejected("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise RequestRejected("The body must be a JSON object.")
    call = wire("openai").read_request(body)
    if call.model not in _models():
        message = f"The model {call.model!r} does not exist."
        raise RequestRejected(message, status=404, code="model_not_found", param="model")
    return call


async def _whole(call: Call, reply: Reply) -> AsyncIterator[bytes]:
    spoken = [part for choice in reply.choices for part in choice.parts if isinstance(part, Text | Reasoning)]
    await asyncio.sleep(_pace(call) * sum(len(part.text.split()) for part in spoken))
    body = wire("openai").write_reply(reply)
    yield body[: len(body) // 2] if call.model == BROKEN else body


async def _stream(call: Call, events: list[Event]) -> AsyncIterator[bytes]:
    writer = wire("openai").stream_writer(call)
    last = len(events) // 2 if call.model == BROKEN else len(events)
    for event in events[:last]:
        frame = writer.write([event])
        if frame:
            yield frame
        if isinstance(event, TextDelta | ReasoningDelta | ToolCallDelta):
            await asyncio.sleep(_pace(call))
    if call.model == BROKEN:
        yield b'data: {"id":"chatcmpl-demo-'
        return
    yield writer.end()


def _pace(call: Call) -> float:
    return 0 if call.model == "demo-fast" else SECONDS_PER_WORD


def _models() -> list[str]:
    return [fact.id for fact in vendor("demo").models]


def _model(model_id: str) -> dict[str, Any]:
    return {"id": model_id, "object": "model", "created": 1735689600, "owned_by": "switchboard-demo"}


def _failed(failure: Failure) -> LocalReply:
    return _json(failure.status, {"error": failure.error}, failure.headers)


def _rejected(error: RequestRejected) -> LocalReply:
    code = None if error.code == RequestRejected.code else error.code
    told = {"message": error.message, "type": error.type, "param": error.param, "code": code}
    return _json(error.status, {"error": told})


def _json(status: int, body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> LocalReply:
    return LocalReply(status=status, headers=(JSON, *headers), body=_once(msgspec.json.encode(body)))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
