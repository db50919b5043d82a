"""LocalAI: no finish reason and zeros for usage until the last chunk, which has both."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import EVENT_STREAM, USAGE, question, streamed, tool_call, vectors, whole

ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
ID = "6b1f4d0e-8f0a-4f5c-9d3e-2a7c5b1e0f44"
CALL = {"index": 0, "id": ID, "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}


def chunk(delta: dict[str, Any], *, finish: str | None = None, usage: dict[str, Any] | None = None) -> str:
    body = {
        "created": 1767225600,
        "object": "chat.completion.chunk",
        "id": ID,
        "model": "gpt-4",
        "choices": [{"index": 0, **({"finish_reason": finish} if finish else {}), "delta": delta}],
        "usage": usage or ZEROS,
    }
    return f"data: {json.dumps(body)}\n\n"


GOLDEN = Golden(
    model="gpt-4",
    chat=Chat(
        whole=whole(model="gpt-4", id=ID),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=[
                chunk({"role": "assistant", "content": None}),
                chunk({"content": "Hello"}),
                chunk({"content": " there."}),
                chunk({"content": ""}, finish="stop", usage=dict(USAGE)),
                "data: [DONE]\n\n",
            ],
        ),
        tool_call=tool_call(model="gpt-4", call=CALL),
        sent_body=question("gpt-4"),
        stream_sent=streamed("gpt-4"),
    ),
    embeddings=Embeddings(
        whole=vectors("text-embedding-ada-002", created=1767225600, id=ID),
        path="/embeddings",
        model="text-embedding-ada-002",
        sent_body=texts("text-embedding-ada-002"),
    ),
    rerank=Rerank(
        whole=ranking(
            "jina-reranker-v1-base-en",
            results=[
                {"index": 0, "document": {"text": DOCUMENTS[0]}, "relevance_score": 0.9},
                {"index": 1, "document": {"text": DOCUMENTS[1]}, "relevance_score": 0.1},
            ],
            usage={"total_tokens": 24, "prompt_tokens": 24},
        ),
        path="/rerank",
        model="jina-reranker-v1-base-en",
        sent_body=candidates("jina-reranker-v1-base-en"),
    ),
    unauthorized=Sent(
        status=401,
        headers={"www-authenticate": "Bearer"},
        body={
            "error": {
                "code": 401,
                "message": "An authentication key is required",
                "type": "invalid_request_error",
            }
        },
    ),
    unauthorized_words="An authentication key is required",
    rate_limited=Sent(status=429, body={"error": {"code": 429, "message": "Too Many Requests", "type": ""}}),
    retry_after=None,
)
