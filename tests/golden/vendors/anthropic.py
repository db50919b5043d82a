"""Anthropic: named events, usage that tells the cache apart, a thought with a signature, padded frames."""

import json
from collections.abc import Mapping
from typing import Any

from tests.golden.case import Chat, Golden, Sent

MODEL = "claude-sonnet-5-5"
USAGE = {
    "input_tokens": 4,
    "cache_creation_input_tokens": 2,
    "cache_read_input_tokens": 3,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"thinking_tokens": 1},
    "service_tier": "standard",
}
JSON = {"content-type": "application/json", "request-id": "req_golden"}
THOUGHT = {"type": "thinking", "thinking": "A greeting.", "signature": "Z29sZGVu"}
CALL = {"type": "tool_use", "id": "toolu_golden1", "name": "get_weather", "input": {"city": "Paris"}}


def message(*content: Mapping[str, Any], stop: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_golden",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": USAGE,
        **more,
    }


def event(kind: str, **fields: Any) -> str:
    """With the padding before the closing brace that the service sends."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})[:-1]}   }}\n\n"


def delta(index: int, kind: str, **fields: str) -> str:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def error(status: int, kind: str, words: str, **headers: str) -> Sent:
    body = {"type": "error", "error": {"type": kind, "message": words}, "request_id": None}
    return Sent(status=status, headers={**JSON, **headers}, body=body)


GOLDEN = Golden(
    model=MODEL,
    path="/v1/messages",
    sent_headers={"x-api-key": "golden-token", "anthropic-version": "2023-06-01"},
    chat=Chat(
        whole=Sent(headers=JSON, body=message(THOUGHT, {"type": "text", "text": "Hello there."}, stop="end_turn")),
        stream=Sent(
            headers={"content-type": "text/event-stream; charset=utf-8"},
            frames=(
                event("message_start", message=message(stop=None, usage={**USAGE, "output_tokens": 1})),
                event("content_block_start", index=0, content_block={**THOUGHT, "thinking": "", "signature": ""}),
                event("ping"),
                delta(0, "thinking_delta", thinking="A greeting."),
                delta(0, "signature_delta", signature="Z29sZGVu"),
                event("content_block_stop", index=0),
                event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
                delta(1, "text_delta", text="Hello"),
                delta(1, "text_delta", text=" there."),
                event("content_block_stop", index=1),
                event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=USAGE),
                event("message_stop"),
            ),
        ),
        tool_call=Sent(headers=JSON, body=message(CALL, stop="tool_use")),
        reasoning="A greeting.",
        broken_after=8,
        sent_body={
            "model": MODEL,
            "max_tokens": 64,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Say hello."}]}],
        },
        tool_sent={
            "tools": [
                {
                    "name": "get_weather",
                    "description": "The weather of a city.",
                    "input_schema": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                    },
                }
            ]
        },
    ),
    unauthorized=error(401, "authentication_error", "invalid x-api-key"),
    unauthorized_words="invalid x-api-key",
    rate_limited=error(429, "rate_limit_error", "This request would exceed your rate limit.", **{"retry-after": "7"}),
)
