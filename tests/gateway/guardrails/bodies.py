"""A body for every endpoint with a text in each of its text fields, and what must never be touched beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
SCHEMA = {"type": "object", "properties": {"to": {"type": "string", "description": "whom"}}, "required": ["to"]}


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def chat(t: Callable[[], str]) -> dict[str, Any]:
    arguments = json.dumps({"to": t(), "deep": [{"key": t()}]})
    call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": arguments}}
    return {
        "messages": [
            {"role": "system", "content": t()},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": t()},
                    {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
                    {"type": "file", "file": {"filename": t(), "file_data": f"data:text/plain;base64,{_packed(t())}"}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": t(), "refusal": t()},
            {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"found": t()})},
            {"role": "assistant", "content": t(), "function_call": {"name": "old", "arguments": arguments}},
            {"role": "user", "content": t(), "unheard_of": {"a": [t()]}},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "send",
                    "description": t(),
                    "parameters": {**SCHEMA, "description": t(), "enum": [t()], "default": t()},
                },
            }
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"title": t()}}},
        "prediction": {"type": "content", "content": t()},
        "stop": [t()],
        "user": t(),
        "metadata": {"note": t()},
        "session_id": t(),
        "x_unknown": {"list": [t(), {"more": t()}]},
        "seed": 123456789012,
    }


def messages(t: Callable[[], str]) -> dict[str, Any]:
    return {
        "max_tokens": 10,
        "system": [{"type": "text", "text": t(), "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": t()},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                    {
                        "type": "document",
                        "title": t(),
                        "context": t(),
                        "source": {"type": "text", "media_type": "text/plain", "data": t()},
                    },
                    {
                        "type": "document",
                        "source": {"type": "base64", "media_type": "text/plain", "data": _packed(t())},
                    },
                    {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": t()}]}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/LafPsn4a"},
                    {"type": "tool_use", "id": "toolu_1", "name": "send", "input": {"to": t(), "deep": [{"k": t()}]}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": t()},
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "content": [{"type": "text", "text": t()}, {"type": "text", "text": json.dumps([t()])}],
                    },
                ],
            },
        ],
        "tools": [{"name": "send", "description": t(), "input_schema": {**SCHEMA, "description": t()}}],
        "metadata": {"user_id": t()},
        "stop_sequences": [t()],
        "x_unknown": [t()],
    }


BODIES: dict[str, Callable[[Callable[[], str]], dict[str, Any]]] = {
    "chat.completions": chat,
    "messages": messages,
    "messages.count_tokens": messages,
    "completions": lambda t: {"prompt": [t(), t()], "suffix": t(), "stop": t(), "user": t(), "x_unknown": t()},
    "embeddings": lambda t: {"input": [t(), t()], "user": t(), "x_unknown": {"a": t()}},
    "moderations": lambda t: {"input": [t(), t()], "x_unknown": t()},
    "rerank": lambda t: {"query": t(), "documents": [t(), {"text": t(), "note": t()}], "x_unknown": t()},
}
