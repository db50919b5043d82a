"""OpenAI Responses: the object, and the one that the stream ends with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles.framing import sse_objects

ENDINGS = ("response.completed", "response.incomplete", "response.failed")


def read(body: bytes, *, stream: bool) -> Expected:
    if not stream or body.lstrip().startswith(b"{"):
        return _whole(json.loads(body))
    events = [event for _, event in sse_objects(body)]
    last = next((event["response"] for event in events if event.get("type") in ENDINGS), None)
    if last is None:
        return Expected(failed=any(event.get("type") == "error" for event in events), cut=True)
    items = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    return _whole({**last, "output": last.get("output") or [items[at] for at in sorted(items)]})


def _whole(answer: Mapping[str, Any]) -> Expected:
    expected = Expected(failed=answer.get("status") == "failed")
    said = expected.choice()
    for item in answer.get("output") or ():
        _item(said, item)
    reason = (answer.get("incomplete_details") or {}).get("reason")
    said.finish = reason if answer.get("status") == "incomplete" else "tool_calls" if said.tools else "stop"
    expected.usage = counted(answer.get("usage"))
    return expected


def _item(said: Said, item: Mapping[str, Any]) -> None:
    match item.get("type"):
        case "message":
            for part in item.get("content") or ():
                said.text += part.get("text") or ""
                said.refusal += part.get("refusal") or ""
        case "function_call":
            said.tools.append(Tool(item["call_id"], item["name"], item["arguments"]))
        case "custom_tool_call":
            said.tools.append(Tool(item["call_id"], item["name"], item["input"]))
        case "reasoning":
            parts = [*(item.get("summary") or ()), *(item.get("content") or ())]
            said.reasoning += "".join(part.get("text") or "" for part in parts)


def counted(usage: Any) -> Counted | None:
    if not usage:
        return None
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens") or 0
    thought = (usage.get("output_tokens_details") or {}).get("reasoning_tokens") or 0
    return Counted(usage["input_tokens"], usage["output_tokens"], cached, thought)
