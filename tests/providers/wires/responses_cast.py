"""The cast of the Responses wire's tests: targets, items and streams written by hand after what vendors send."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import Call, Event, Reply, Target
from providers.vendors import Quirks, Vendor, vendor
from providers.wires import StreamTap, wire
from providers.wires.base import fold

WIRE = wire("responses")
CHAT = wire("openai")
USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 21,
}
SEALED = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAAAsealed"}
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}


def target(slug: str = "openai", model: str = "gpt-5.4-mini") -> Target:
    return Target(provider=slug, model=model, vendor=vendor(slug))


def target_with(**facts: Any) -> Target:
    quirks = Quirks(**facts.pop("quirks", {}))
    return Target(
        provider="odd", model="odd-1", vendor=Vendor(slug="odd", name="Odd", kind="cloud", quirks=quirks, **facts)
    )


def message(text: str, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content, **more}


def call_of(name: str, arguments: str = "{}", **more: Any) -> dict[str, Any]:
    head = {"id": f"fc_{name}", "type": "function_call", "status": "completed", "call_id": f"call_{name}"}
    return {**head, "name": name, "arguments": arguments, **more}


def response(*output: Mapping[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 1_760_000_000, "model": "gpt-5.4-mini-2026"}
    return {**head, "status": status, "error": None, "output": list(output), "usage": USAGE, **more}


def frame(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def told(index: int, item: dict[str, Any]) -> bytes:
    """The frames of one item, its text in pieces of three letters."""
    bare = {**item, "status": "in_progress"}
    pieces: list[tuple[str, str, dict[str, Any]]] = []
    match item["type"]:
        case "message":
            bare["content"] = []
            for at, part in enumerate(item["content"]):
                kind = "refusal" if part["type"] == "refusal" else "output_text"
                pieces.append((kind, part.get("text") or part.get("refusal", ""), {"content_index": at}))
        case "reasoning":
            bare["summary"] = []
            for at, part in enumerate(item["summary"]):
                pieces.append(("reasoning_summary_text", part["text"], {"summary_index": at}))
        case "function_call":
            bare["arguments"] = ""
            pieces.append(("function_call_arguments", item["arguments"], {}))
        case "custom_tool_call":
            bare["input"] = ""
            pieces.append(("custom_tool_call_input", item["input"], {}))
    frames = [frame("response.output_item.added", output_index=index, item=bare)]
    for kind, text, place in pieces:
        for start in range(0, len(text), 3):
            delta = text[start : start + 3]
            frames.append(frame(f"response.{kind}.delta", output_index=index, delta=delta, **place))
    return b"".join([*frames, frame("response.output_item.done", output_index=index, item=item)])


def stream(*output: dict[str, Any], end: str = "completed", **more: Any) -> bytes:
    whole = response(*output, status=end, **more)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    items = [told(index, item) for index, item in enumerate(output)]
    return b"".join([frame("response.created", response=begun), *items, frame(f"response.{end}", response=whole)])


ITEMS: dict[str, tuple[dict[str, Any], ...]] = {
    "text": (message("Hello, wörld: data: [DONE]"),),
    "thought and call": (
        {**SEALED, "summary": [{"type": "summary_text", "text": "Let me"}, {"type": "summary_text", "text": "look."}]},
        message("Looking.", phase="commentary"),
        call_of("weather", '{"city":"Rome"}'),
        call_of("now"),
    ),
    "custom": (
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_p", "name": "patch", "input": "*** Begin"},
    ),
    "refusal": ({**message(""), "content": [{"type": "refusal", "refusal": "No."}]},),
    "search": (
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
        message("It is."),
    ),
}


def cut(data: bytes, at: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def read(pieces: Iterable[bytes], where: Target | None = None) -> list[Event]:
    reader = WIRE.stream_reader(where or target())
    events = [event for piece in pieces for event in reader.feed(piece)]
    return events + reader.close()


def whole(body: Mapping[str, Any], where: Target | None = None) -> Reply:
    return WIRE.read_reply(json.dumps(body).encode(), where or target())


def streamed(data: bytes) -> Reply:
    return fold(read([data]))


def tapped(pieces: Iterable[bytes]) -> tuple[StreamTap, bytes]:
    tap = WIRE.stream_tap(target(), include_usage=True)
    out = b"".join([tap.feed(piece) for piece in pieces]) + tap.close()
    return tap, out


def asked(**body: Any) -> Call:
    return WIRE.read_request({"model": "m", "input": "Hi", **body})


def written(call: Call, where: Target | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.write_request(call, where or target()).content)
    return body


def from_chat(*messages: dict[str, Any], **body: Any) -> Call:
    return CHAT.read_request({"model": "m", "messages": list(messages) or [{"role": "user", "content": "Hi"}], **body})


def frames_of(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(one.partition(b"data: ")[2]) for one in data.split(b"\n\n") if one]
