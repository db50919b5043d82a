"""Two apps: they read a reply as their packages do, and send it back with the results of its tool calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openai.lib.streaming._deltas import accumulate_delta

from providers.canonical import Event, Reply
from providers.wires import wire
from tests.providers.wires.every_wire.cast import TOOLS, Json, user
from tests.providers.wires.every_wire.claude_cast import CLAUDE_TOOLS
from tests.providers.wires.every_wire.spoken import Spoken


def frames(data: bytes) -> Iterator[Json]:
    for line in data.decode().splitlines():
        if line.startswith("data: {"):
            yield json.loads(line[6:])


def written(dialect: str, events: list[Event]) -> bytes:
    """The stream, as an app of ``dialect`` gets it."""
    writer = wire(dialect).stream_writer(wire(dialect).read_request(opening(dialect)))
    return writer.write(events) + writer.end()


def opening(dialect: str) -> Json:
    tools = CLAUDE_TOOLS if dialect == "anthropic" else TOOLS
    return {"model": "m", "max_tokens": 4000, "messages": [user()], "tools": tools}


def heard(dialect: str, spoken: Spoken, *, streamed: bool) -> Json:
    """The assistant's message as the app has it after the reply."""
    events, reply = spoken.told(streamed=streamed)
    return heard_streamed(dialect, events) if streamed else heard_whole(dialect, reply)


def heard_whole(dialect: str, reply: Reply) -> Json:
    body = json.loads(wire(dialect).write_reply(reply))
    if dialect == "openai":
        message: Json = body["choices"][0]["message"]
        return message
    return {"role": "assistant", "content": body["content"]}


def heard_streamed(dialect: str, events: list[Event]) -> Json:
    data = written(dialect, events)
    return _accumulated(data) if dialect == "openai" else _claude_accumulated(data)


def _accumulated(data: bytes) -> Json:
    """OpenAI's own package puts the deltas together."""
    message: dict[Any, Any] = {}
    for frame in frames(data):
        for choice in frame["choices"]:
            message = accumulate_delta(message, choice["delta"])
    for call in message.get("tool_calls", ()):
        del call["index"]
    return message


def _claude_accumulated(data: bytes) -> Json:
    blocks: list[Json] = []
    texts: list[str] = []
    for frame in frames(data):
        if frame["type"] == "content_block_start":
            blocks.append(dict(frame["content_block"]))
            texts.append("")
        if frame["type"] == "content_block_delta":
            delta = frame["delta"]
            if delta["type"] == "input_json_delta":
                texts[-1] += delta["partial_json"]
                continue
            for field in ("text", "thinking", "signature"):
                if field in delta:
                    blocks[-1][field] = blocks[-1].get(field, "") + delta[field]
    for block, text in zip(blocks, texts, strict=True):
        if block["type"] == "tool_use":
            block["input"] = json.loads(text or "{}")
    return {"role": "assistant", "content": blocks}


def call_ids(dialect: str, message: Json) -> list[str]:
    if dialect == "openai":
        return [call["id"] for call in message["tool_calls"]]
    return [block["id"] for block in message["content"] if block["type"] == "tool_use"]


def next_request(dialect: str, message: Json) -> Json:
    """The conversation as it goes on: the assistant's message and a result for each of its calls."""
    ids = call_ids(dialect, message)
    told = [f"zqresult{at}" for at in range(len(ids))]
    if dialect == "openai":
        results = [{"role": "tool", "tool_call_id": id, "content": text} for id, text in zip(ids, told, strict=True)]
        return {**opening(dialect), "messages": [user(), message, *results]}
    blocks = [{"type": "tool_result", "tool_use_id": id, "content": text} for id, text in zip(ids, told, strict=True)]
    return {**opening(dialect), "messages": [user(), message, user(blocks)]}
