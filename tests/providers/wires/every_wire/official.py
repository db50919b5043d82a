"""The vendors' own types, asked whether they would take a body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from google.genai import types
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

from providers.canonical import HttpParts
from providers.wires import wire
from tests.providers.wires.bedrock_cast import said

Json = dict[str, Any]
CHAT: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsNonStreaming)
MESSAGES: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)
RESPONSES: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)


def read_through(value: Any) -> None:
    """Pydantic checks an Iterable only while it is read."""
    if isinstance(value, str | bytes):
        return
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, Iterable) else ():
        read_through(item)


def _gemini(body: Json) -> None:
    for content in (*body["contents"], body.get("systemInstruction", {})):
        types.Content.model_validate(content)
    types.GenerationConfig.model_validate(body.get("generationConfig", {}))
    rest = {name: body[name] for name in ("tools", "toolConfig", "safetySettings", "labels") if name in body}
    types.GenerateContentConfig.model_validate(rest)


def _converse(body: Json) -> None:
    said(HttpParts(path="", content=json.dumps(body).encode()))


def _messages(body: Json) -> None:
    read_through(MESSAGES.validate_python({"model": "m", **body}))


CHECKS: dict[str, Callable[[Json], None]] = {
    "openai": lambda body: read_through(CHAT.validate_python(body)),
    "responses": lambda body: read_through(RESPONSES.validate_python(body)),
    "anthropic": _messages,
    "bedrock_converse": _converse,
    "gemini": _gemini,
}


def check(wire_name: str, body: Json) -> None:
    """Raises if the types of the vendor's own package do not take ``body``; nothing where there is no package."""
    if found := CHECKS.get(wire(wire_name).dialect):
        found(body)
