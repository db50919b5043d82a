"""An app's ``/run`` body → Call. It is OpenAI's but for a few places, which are brought into OpenAI's form first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Call
from providers.wires.openai import request_in
from providers.wires.openai.codec import encode_text
from providers.wires.openai.fields import Fields
from providers.wires.openai.messages_in import minted_id

NAME = "cloudflare"


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the malformed field. The model stands in the path here, so a body without one
    is legal."""
    given = dict(Fields(body).rest)
    given.setdefault("model", "")
    prompt = given.pop("prompt", None)
    if isinstance(prompt, str) and "messages" not in given:
        given["messages"] = [{"role": "user", "content": prompt}]
    if isinstance(given.get("messages"), list):
        given["messages"] = _messages(given["messages"])
    if isinstance(given.get("tools"), list):
        given["tools"] = [_tool(tool) for tool in given["tools"]]
    given["response_format"] = _format(given.get("response_format"))
    return replace(request_in.read_request(given), wire=NAME, include_usage=True)


def _messages(messages: list[Any]) -> list[Any]:
    """Tool calls and results without ids get the same ones on every reading."""
    waiting: list[str] = []
    read = []
    for index, message in enumerate(messages):
        if isinstance(message, dict):
            message = _message(message, index, waiting)
        read.append(message)
    return read


def _message(message: dict[str, Any], index: int, waiting: list[str]) -> dict[str, Any]:
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        calls = [as_call(call, NAME, index, place) for place, call in enumerate(calls)]
        waiting[:] = [call["id"] for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)]
        return {**message, "tool_calls": calls}
    if message.get("role") != "tool":
        return message
    answered = message.get("tool_call_id")
    if answered is None:
        return {**message, "tool_call_id": waiting.pop(0) if waiting else minted_id(NAME, index)}
    if answered in waiting:
        waiting.remove(answered)
    return message


def as_call(call: Any, *seed: object) -> Any:
    """A bare ``{"name", "arguments"}`` in OpenAI's form. What is in that form, or in no known one, stays."""
    if not isinstance(call, dict) or not isinstance(call.get("name"), str) or "function" in call:
        return call
    given = call.get("arguments")
    arguments = given if isinstance(given, str) else encode_text(given or {})
    call_id = call.get("id") or minted_id(*seed, call["name"], arguments)
    return {"id": call_id, "type": "function", "function": {"name": call["name"], "arguments": arguments or "{}"}}


def _tool(tool: Any) -> Any:
    if isinstance(tool, dict) and isinstance(tool.get("name"), str) and "function" not in tool:
        return {"type": "function", "function": tool}
    return tool


def _format(given: Any) -> Any:
    """The schema stands bare under ``json_schema``."""
    schema = given.get("json_schema") if isinstance(given, dict) else None
    if not isinstance(schema, dict) or isinstance(schema.get("schema"), dict):
        return given
    return {**given, "json_schema": {"name": "response", "schema": schema}}
