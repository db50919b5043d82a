"""The cast of the OpenAI wire's tests: targets, frames, streams written by hand after what vendors send."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from providers.canonical import Event, Target
from providers.vendors import Quirks, Vendor, vendor
from providers.wires import StreamTap, wire

WIRE = wire("openai")
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}


def target(slug: str = "openai", model: str = "gpt-4o") -> Target:
    return Target(provider=slug, model=model, vendor=vendor(slug))


def target_with(**quirks: Any) -> Target:
    return Target(
        provider="odd", model="odd-1", vendor=Vendor(slug="odd", name="Odd", kind="cloud", quirks=Quirks(**quirks))
    )


def frame(value: Any, *, spaced: bool = False, end: str = "\n") -> bytes:
    text = json.dumps(value) if spaced else json.dumps(value, separators=(",", ":"))
    return f"data: {text}{end}{end}".encode()


def chunk(delta: dict[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "gpt-4o-2024"}
    return {**head, "choices": choices, **more}


def stream(*chunks: dict[str, Any], done: bool = True, **how: Any) -> bytes:
    return b"".join(frame(one, **how) for one in chunks) + (DONE if done else b"")


def call_piece(index: int | None, arguments: Any = "", **more: Any) -> dict[str, Any]:
    name = more.pop("name", None)
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"tool_calls": [{**({} if index is None else {"index": index}), **more, "function": function}]}


HELLO = stream(
    chunk({"role": "assistant", "content": ""}, usage=None),
    *(
        chunk({"content": word}, usage=None)
        for word in ("Hel", "lo, ", "wörld ", "\n\n", 'say "usage":{} and error', "!")
    ),
    chunk({}, finish="stop", usage=None),
    chunk(usage=USAGE),
)
TOOLS = stream(
    chunk({"role": "assistant", "content": None}),
    chunk({"reasoning_content": "Let me "}),
    chunk({"reasoning_content": "look."}),
    chunk(call_piece(0, name="weather", id="call_a", type="function")),
    chunk(call_piece(0, '{"city":')),
    chunk(call_piece(0, '"Rome"}')),
    chunk(call_piece(1, name="now", id="call_b", type="function")),
    chunk({}, finish="tool_calls"),
    chunk(usage=USAGE),
    spaced=True,
)
CRLF = HELLO.replace(b"\n", b"\r\n")
COMMENTED = b": PROCESSING\n\n: PROCESSING\n\n" + HELLO
STREAMS = {"hello": HELLO, "tools": TOOLS, "crlf": CRLF, "commented": COMMENTED}


def cut(data: bytes, at: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def read(pieces: Iterable[bytes], where: Target | None = None) -> list[Event]:
    reader = WIRE.stream_reader(where or target())
    events = [event for piece in pieces for event in reader.feed(piece)]
    return events + reader.close()


def tapped(pieces: Iterable[bytes], where: Target | None = None, *, asked: bool = True) -> tuple[StreamTap, bytes]:
    tap = WIRE.stream_tap(where or target(), include_usage=asked)
    out = b"".join([tap.feed(piece) for piece in pieces]) + tap.close()
    return tap, out
