"""Replies of every dialect, whole and as streams, and what an app reads in a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from providers.wires.sse import SseDecoder

Texts = Mapping[str, str]  # field → text; of a tool call its arguments


def frame(event: Mapping[str, Any]) -> bytes:
    named = f"event: {event['type']}\n".encode() if "type" in event else b""
    return named + b"data: " + json.dumps(event).encode() + b"\n\n"


def cut(text: str, places: Iterable[int]) -> list[str]:
    """The text in pieces; ``places`` count modulo its length."""
    at = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(at)]


def openai(choices: Sequence[Texts], places: Sequence[int]) -> bytes:
    """``content``, ``reasoning_content`` and ``call`` of each choice, field after field, the choices interleaved."""
    frames: list[bytes] = []
    for name in ("reasoning_content", "content", "call"):
        pieces = {index: cut(one[name], places) for index, one in enumerate(choices) if one.get(name)}
        for turn in range(max(map(len, pieces.values()), default=0)):
            for index, one in pieces.items():
                if turn < len(one):
                    frames.append(_chunk(index, _delta(name, one[turn], first=turn == 0)))
    frames += [_chunk(index, {}, "stop") for index in range(len(choices))]
    frames.append(frame({"id": "c", "choices": [], "usage": {"prompt_tokens": 1}}))
    return b"".join((*frames, b"data: [DONE]\n\n"))


def _delta(name: str, text: str, *, first: bool) -> dict[str, Any]:
    if name != "call":
        return {name: text}
    head = {"id": "call_1", "type": "function"} if first else {}
    inner = {"name": "f", "arguments": text} if first else {"arguments": text}
    return {"tool_calls": [{"index": 0, **head, "function": inner}]}


def _chunk(index: int, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    return frame({"id": "c", "model": "m", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


def completions(texts: Sequence[str], places: Sequence[int]) -> bytes:
    frames = [
        frame({"id": "c", "choices": [{"index": index, "text": piece, "finish_reason": None}]})
        for index, text in enumerate(texts)
        for piece in cut(text, places)
    ]
    frames += [
        frame({"id": "c", "choices": [{"index": at, "text": "", "finish_reason": "stop"}]}) for at in range(len(texts))
    ]
    return b"".join((*frames, b"data: [DONE]\n\n"))


def anthropic(blocks: Sequence[tuple[str, str]], places: Sequence[int]) -> bytes:
    """``blocks``: (text, thinking or tool_use) and what it says."""
    frames = [frame({"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}})]
    for index, (kind, text) in enumerate(blocks):
        opening = {"tool_use": {"id": "t", "name": "f", "input": {}}, "thinking": {"thinking": "", "signature": ""}}
        block = {"type": kind, **opening.get(kind, {"text": ""})}
        frames.append(frame({"type": "content_block_start", "index": index, "content_block": block}))
        for piece in cut(text, places):
            delta = {
                "text": {"type": "text_delta", "text": piece},
                "thinking": {"type": "thinking_delta", "thinking": piece},
                "tool_use": {"type": "input_json_delta", "partial_json": piece},
            }[kind]
            frames.append(frame({"type": "content_block_delta", "index": index, "delta": delta}))
        if kind == "thinking":
            signed = {"type": "signature_delta", "signature": "EqQB"}
            frames.append(frame({"type": "content_block_delta", "index": index, "delta": signed}))
        frames.append(frame({"type": "content_block_stop", "index": index}))
    frames.append(frame({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}))
    return b"".join((*frames, frame({"type": "message_stop"})))


def events(stream: bytes) -> list[Any]:
    decoder = SseDecoder()
    told = [*decoder.feed(stream), *decoder.close()]
    return [json.loads(one.data) for one in told if one.data != "[DONE]"]


def read(stream: bytes) -> dict[Any, str]:
    """What an app puts together: (choice or block, field) → text."""
    texts: dict[Any, str] = {}

    def add(place: Any, text: str) -> None:
        texts[place] = texts.get(place, "") + text

    for event in events(stream):
        for choice in event.get("choices", ()):
            for name, value in {**choice.get("delta", {}), "text": choice.get("text")}.items():
                if isinstance(value, str):
                    add((choice["index"], name), value)
                for call in value if name == "tool_calls" else ():
                    add((choice["index"], "call"), call["function"]["arguments"])
        for name in ("text", "thinking", "partial_json", "signature"):
            if event.get("type") == "content_block_delta" and name in event["delta"]:
                add((event["index"], name), event["delta"][name])
    return {place: text for place, text in texts.items() if text}
