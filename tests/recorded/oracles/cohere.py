"""Cohere: v2 chat, and the older v1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles.framing import lines, sse_objects


def read(body: bytes, *, stream: bool) -> Expected:
    if not stream:
        return _whole(json.loads(body))
    expected, tools = Expected(), dict[int, Tool]()
    for _, event in sse_objects(body):
        _event(expected, event, tools)
    expected.cut = expected.choice().finish is None
    return expected


def _whole(answer: Mapping[str, Any]) -> Expected:
    expected = Expected()
    said, message = expected.choice(), answer["message"]
    said.reasoning += message.get("tool_plan") or ""
    for part in message.get("content") or ():
        said.text += part.get("text") or ""
        said.reasoning += part.get("thinking") or ""
    for call in message.get("tool_calls") or ():
        said.tools.append(Tool(call["id"], call["function"]["name"], call["function"]["arguments"]))
    said.finish = answer["finish_reason"]
    expected.usage = counted(answer.get("usage"))
    return expected


def _event(expected: Expected, event: Mapping[str, Any], tools: dict[int, Tool]) -> None:
    said, delta = expected.choice(), event.get("delta") or {}
    message = delta.get("message") or {}
    match event.get("type"):
        case "content-start" | "content-delta":
            _content(said, message.get("content") or {})
        case "tool-plan-delta":
            said.reasoning += message["tool_plan"]
        case "tool-call-start":
            call = message["tool_calls"]
            function = call["function"]
            tools[event["index"]] = Tool(call["id"], function["name"], function.get("arguments") or "")
            said.tools.append(tools[event["index"]])
        case "tool-call-delta":
            tools[event["index"]].arguments += message["tool_calls"]["function"]["arguments"]
        case "message-end":
            said.finish = delta.get("finish_reason")
            expected.failed = said.finish == "ERROR" or bool(delta.get("error"))
            expected.usage = counted(delta.get("usage"))


def _content(said: Said, content: Mapping[str, Any]) -> None:
    said.text += content.get("text") or ""
    said.reasoning += content.get("thinking") or ""


def counted(usage: Any) -> Counted | None:
    units = (usage or {}).get("tokens")
    if not units or "input_tokens" not in units:
        return None
    given, made = int(units["input_tokens"]), int(units["output_tokens"])
    return Counted(given, made, int(usage.get("cached_tokens") or 0), int(units.get("reasoning_tokens") or 0))


def read_v1(body: bytes, *, stream: bool) -> Expected:
    expected = Expected()
    answer = json.loads(body) if not stream else [event for event in lines(body) if event.get("is_finished")]
    if isinstance(answer, list):
        answer = answer[-1]["response"]
    said = expected.choice()
    said.text = answer.get("text") or ""
    said.finish = answer.get("finish_reason") or "COMPLETE"
    for call in answer.get("tool_calls") or ():
        said.tools.append(Tool("", call["name"], json.dumps(call["parameters"])))
    expected.usage = counted(answer.get("meta"))
    return expected
