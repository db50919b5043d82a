"""Bedrock: Converse, and Anthropic's messages through InvokeModel."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles import anthropic
from tests.recorded.oracles.framing import aws_events


def read(body: bytes, *, stream: bool) -> Expected:
    return _streamed(body) if stream else _whole(json.loads(body))


def _whole(answer: Mapping[str, Any]) -> Expected:
    expected = Expected()
    said = expected.choice()
    for block in answer["output"]["message"]["content"]:
        said.text += block.get("text") or ""
        said.text += "".join(part["text"] for part in (block.get("citationsContent") or {}).get("content") or ())
        said.reasoning += ((block.get("reasoningContent") or {}).get("reasoningText") or {}).get("text") or ""
        if (call := block.get("toolUse")) and call.get("type") != "server_tool_use":
            said.tools.append(Tool(call["toolUseId"], call["name"], json.dumps(call["input"])))
    said.finish = answer["stopReason"]
    expected.usage = counted(answer.get("usage"))
    return expected


def _streamed(body: bytes) -> Expected:
    expected, tools = Expected(), dict[int, Tool]()
    said = expected.choice()
    for headers, payload in aws_events(body):
        if headers.get(":message-type") != "event":
            expected.failed = True
            continue
        _event(said, headers[":event-type"], json.loads(payload), tools, expected)
    expected.cut = said.finish is None and not expected.failed
    return expected


def _event(said: Said, kind: str, event: Mapping[str, Any], tools: dict[int, Tool], expected: Expected) -> None:
    match kind:
        case "contentBlockStart":
            if (call := event["start"].get("toolUse")) and call.get("type") != "server_tool_use":
                tools[event["contentBlockIndex"]] = Tool(call["toolUseId"], call["name"])
                said.tools.append(tools[event["contentBlockIndex"]])
        case "contentBlockDelta":
            delta = event["delta"]
            said.text += delta.get("text") or ""
            said.reasoning += (delta.get("reasoningContent") or {}).get("text") or ""
            if "toolUse" in delta and event["contentBlockIndex"] in tools:
                tools[event["contentBlockIndex"]].arguments += delta["toolUse"].get("input") or ""
        case "messageStop":
            said.finish = event["stopReason"]
        case "metadata":
            expected.usage = counted(event.get("usage"))


def counted(usage: Mapping[str, Any] | None) -> Counted | None:
    if not usage:
        return None
    cached = usage.get("cacheReadInputTokens") or 0
    given = usage["inputTokens"] + cached + (usage.get("cacheWriteInputTokens") or 0)
    return Counted(given, usage["outputTokens"], cached)


def read_invoke(body: bytes, *, stream: bool) -> Expected:
    if not stream:
        return anthropic.whole(json.loads(body))
    chunks = [json.loads(payload) for headers, payload in aws_events(body) if headers.get(":event-type") == "chunk"]
    return anthropic.streamed([json.loads(base64.b64decode(chunk["bytes"])) for chunk in chunks])
