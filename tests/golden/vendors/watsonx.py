"""watsonx.ai: an API key exchanged at IAM, a path of its own for streams, and a stream that just ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import CALL, EVENT_STREAM, USAGE, tool_call, whole

MODEL = "ibm/granite-4-h-small"
OWNED = {"model_id": MODEL, "project_id": "project-1"}


def _refusal(status: int, code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}], "trace": "golden", "status_code": status}


def _frame(number: int, choices: list[Mapping[str, Any]], **beside: Any) -> str:
    chunk = {
        "id": "chat-golden",
        "model_id": MODEL,
        "model": MODEL,
        "created": 1767225600,
        "choices": choices,
        **beside,
    }
    return f"id: {number}\nevent: message\ndata: {json.dumps(chunk)}\n\n"


def _said(text: str, finish: str | None = None) -> list[Mapping[str, Any]]:
    return [{"index": 0, "finish_reason": finish, "delta": {"role": "assistant", "content": text}}]


GOLDEN = Golden(
    model=MODEL,
    path="/ml/v1/text/chat?version=2025-09-10",
    settings={"project_id": "project-1"},
    sent_headers={"authorization": "Bearer exchanged"},
    exchanges={
        "https://iam.cloud.ibm.com/identity/token": Sent(
            body={"access_token": "exchanged", "token_type": "Bearer", "expires_in": 3600}
        )
    },
    chat=Chat(
        whole=whole(model=MODEL, model_id=MODEL, model_version="1.0.0"),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=(
                _frame(1, _said("")),
                _frame(2, _said("Hello")),
                _frame(3, _said(" there.")),
                _frame(4, _said("", "stop")),
                _frame(5, [], usage=USAGE),
            ),
        ),
        tool_call=tool_call(call=CALL, model_id=MODEL),
        stream_path="/ml/v1/text/chat_stream?version=2025-09-10",
        sent_body={**OWNED, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 64},
        tool_sent={**OWNED, "tools": [{"type": "function", "function": {"name": "get_weather"}}]},
    ),
    embeddings=Embeddings(
        whole=Sent(
            body={
                "model_id": "ibm/granite-embedding-278m-multilingual",
                "results": [{"embedding": [0.5, -0.25]}, {"embedding": [0.125, 1.0]}],
                "input_token_count": 4,
            }
        ),
        path="/ml/v1/text/embeddings?version=2025-09-10",
        sent_body={**OWNED, "inputs": ["first", "second"]},
    ),
    rerank=Rerank(
        whole=Sent(
            body={
                "model_id": "cross-encoder/ms-marco-minilm-l-12-v2",
                "results": [{"index": 0, "score": 0.9}, {"index": 1, "score": 0.1}],
                "input_token_count": 20,
            }
        ),
        path="/ml/v1/text/rerank?version=2025-09-10",
        sent_body={
            **OWNED,
            "query": "Where is the Louvre?",
            "inputs": [{"text": "Paris is a city."}, {"text": "Berlin is a city."}],
        },
    ),
    unauthorized=Sent(
        status=403,
        body=_refusal(403, "authentication_token_not_valid", "Failed to authenticate the request."),
    ),
    unauthorized_words="Failed to authenticate the request.",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7"},
        body=_refusal(429, "rate_limit_reached_requests", "Reached the rate limit of 8 requests per second."),
    ),
)
