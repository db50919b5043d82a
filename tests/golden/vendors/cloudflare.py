"""Workers AI's answers, in the envelope of its own API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
MODEL = "@cf/meta/llama-3.3-70b-instruct-fp8-fast"


def _envelope(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"result": result, "success": True, "errors": [], "messages": []}


def _refusal(code: int, message: str) -> dict[str, Any]:
    return {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}


def _frame(**fields: Any) -> str:
    return f"data: {json.dumps(fields)}\n\n"


GOLDEN = Golden(
    model=MODEL,
    path=f"/run/{MODEL}",
    settings={"account_id": "0123456789abcdef0123456789abcdef"},
    chat=Chat(
        whole=Sent(body=_envelope({"response": "Hello there.", "tool_calls": [], "usage": USAGE})),
        stream=Sent(
            headers={"content-type": "text/event-stream"},
            frames=(
                _frame(response="", tool_calls=[], p="abdefghijklmnop"),
                _frame(response="Hello", tool_calls=[], p="abdefg"),
                _frame(response=" there.", tool_calls=[], p="abdefghijk"),
                _frame(tool_calls=[], p="abdefghijk"),
                _frame(response="", usage=USAGE),
                "data: [DONE]\n\n",
            ),
        ),
        tool_call=Sent(
            body=_envelope(
                {
                    "response": None,
                    "tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}],
                    "usage": USAGE,
                }
            )
        ),
        sent_body={"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 64},
    ),
    embeddings=Embeddings(
        path="/v1/embeddings",
        whole=Sent(
            body={
                "object": "list",
                "data": [
                    {"object": "embedding", "embedding": [0.5, -0.25], "index": 0},
                    {"object": "embedding", "embedding": [0.125, 1.0], "index": 1},
                ],
                "model": "@cf/baai/bge-m3",
                "usage": {"prompt_tokens": 4, "total_tokens": 4},
            }
        ),
    ),
    unauthorized=Sent(status=401, body=_refusal(10_000, "Authentication error")),
    unauthorized_words="Authentication error",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body=_refusal(10_429, "Please slow down.")),
)
