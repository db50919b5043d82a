"""Anthropic messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Tool
from tests.recorded.oracles.framing import sse_objects


def read(body: bytes, *, stream: bool) -> Expected:
    if stream and not body.lstrip().startswith(b"{"):
        return streamed([event for _, event in sse_objects(body)])
    return whole(json.loads(body))


def whole(message: Mapping[str, Any]) -> Expected:
    expected = Expected()
    if message.get("type") == "error":
        expected.failed = True
        return expected
    said = expected.choice()
    for block in message.get("content") or ():
        match block.get("type"):
            case "text":
                said.text += block["text"]
            case "thinking":
                said.reasoning += block["thinking"]
            case "tool_use":
                said.tools.append(Tool(block["id"], block["name"], json.dumps(block["input"])))
    said.finish = message.get("stop_reason")
    expected.usage = counted(message.get("usage") or {})
    return expected


def streamed(events: list[Mapping[str, Any]]) -> Expected:
    expected, ended = Expected(), False
    said, usage = expected.choice(), dict[str, Any]()
    tools: dict[int, Tool] = {}
    for event in events:
        match event.get("type"):
            case "message_start":
                usage |= event["message"].get("usage") or {}
            case "content_block_start":
                block = event["content_block"]
                if block["type"] == "tool_use":
                    tools[event["index"]] = Tool(block["id"], block["name"])
                    said.tools.append(tools[event["index"]])
                    if block.get("input"):
                        tools[event["index"]].arguments = json.dumps(block["input"])
                said.text += block.get("text") or "" if block["type"] == "text" else ""
                said.reasoning += block.get("thinking") or ""
            case "content_block_delta":
                delta = event["delta"]
                said.text += delta.get("text") or ""
                said.reasoning += delta.get("thinking") or ""
                if event["index"] in tools:
                    tools[event["index"]].arguments += delta.get("partial_json") or ""
            case "message_delta":
                said.finish = event["delta"].get("stop_reason") or said.finish
                usage |= {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
            case "message_stop":
                ended = True
            case "error":
                expected.failed = True
    expected.usage = counted(usage)
    expected.cut = not ended and not expected.failed
    return expected


def counted(usage: Mapping[str, Any]) -> Counted | None:
    if not isinstance(usage.get("input_tokens"), int) and not isinstance(usage.get("output_tokens"), int):
        return None
    cached = usage.get("cache_read_input_tokens") or 0
    given = (usage.get("input_tokens") or 0) + cached + (usage.get("cache_creation_input_tokens") or 0)
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    return Counted(given, usage.get("output_tokens") or 0, cached, thought)
