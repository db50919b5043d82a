"""Cohere's answers, in the form of its v2 API."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def _text(text: str) -> str:
    return _event("content-delta", index=0, delta={"message": {"content": {"text": text}}})


USAGE = {
    "billed_units": {"input_tokens": 4, "output_tokens": 3},
    "tokens": {"input_tokens": 9, "output_tokens": 3},
    "cached_tokens": 2,
}
STARTED = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
CALL = {
    "id": "get_weather_0q2t",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
}

GOLDEN = Golden(
    model="command-a-03-2025",
    path="/v2/chat",
    chat=Chat(
        whole=Sent(
            body={
                "id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4",
                "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello there."}]},
                "finish_reason": "COMPLETE",
                "usage": USAGE,
            }
        ),
        stream=Sent(
            headers={"content-type": "text/event-stream"},
            frames=(
                _event("message-start", id="29f14a5a-11de-4cae-9800-25e4747408ea", delta={"message": STARTED}),
                _event("content-start", index=0, delta={"message": {"content": {"type": "text", "text": ""}}}),
                _text("Hello"),
                _text(" there."),
                _event("content-end", index=0),
                _event("message-end", delta={"finish_reason": "COMPLETE", "usage": USAGE}),
                "data: [DONE]\n\n",
            ),
        ),
        tool_call=Sent(
            body={
                "id": "0ae3cf8e-2b1f-4d57-8a3c-7d5f5c3e1b11",
                "message": {"role": "assistant", "tool_plan": "I will look up the weather.", "tool_calls": [CALL]},
                "finish_reason": "TOOL_CALL",
                "usage": USAGE,
            }
        ),
        broken_after=3,
        sent_body={
            "model": "command-a-03-2025",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 64,
        },
    ),
    embeddings=Embeddings(
        path="/v2/embed",
        whole=Sent(
            body={
                "id": "da6e531f-54c5-4a73-bf92-f60566d8d753",
                "embeddings": {"float": [[0.5, -0.25], [0.125, 1.0]]},
                "texts": ["first", "second"],
                "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 4}},
                "response_type": "embeddings_by_type",
            }
        ),
    ),
    rerank=Rerank(
        path="/v2/rerank",
        whole=Sent(
            body={
                "id": "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
                "results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}],
                "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
            }
        ),
    ),
    unauthorized=Sent(status=401, body={"id": "a1", "message": "invalid api token"}),
    unauthorized_words="invalid api token",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body={"id": "a2", "message": "Please slow down."}),
)
