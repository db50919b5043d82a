"""Jina AI: OpenAI's shapes; its rerank is the one others copied."""

from __future__ import annotations

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import stream, tool_call, whole

GOLDEN = Golden(
    model="jina-vlm",
    chat=Chat(whole=whole(), stream=stream(usage_in_last=True), tool_call=tool_call()),
    embeddings=Embeddings(
        whole=Sent(
            body={
                "model": "jina-embeddings-v4",
                "object": "list",
                "usage": {"total_tokens": 4},
                "data": [
                    {"object": "embedding", "index": 0, "embedding": [0.5, -0.25]},
                    {"object": "embedding", "index": 1, "embedding": [0.125, 1.0]},
                ],
            }
        ),
        path="/embeddings",
        sent_body={"model": "jina-vlm", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        whole=Sent(
            body={
                "model": "jina-reranker-v3",
                "object": "list",
                "usage": {"total_tokens": 30},
                "results": [
                    {"index": 0, "relevance_score": 0.9, "document": {"text": "Paris is a city."}},
                    {"index": 1, "relevance_score": 0.1, "document": {"text": "Berlin is a city."}},
                ],
            }
        ),
        path="/rerank",
    ),
    unauthorized=Sent(status=401, body={"detail": "Invalid API key"}),
    unauthorized_words="Invalid API key",
    rate_limited=Sent(
        status=429, headers={"retry-after": "7"}, body={"detail": "Rate limit exceeded: 100 requests/min"}
    ),
)
