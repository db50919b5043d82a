"""Voyage AI: ``total_tokens`` alone, rankings in ``data``, errors in ``detail``."""

from __future__ import annotations

from tests.golden.case import Embeddings, Golden, Rerank, Sent

GOLDEN = Golden(
    model="voyage-4",
    embeddings=Embeddings(
        whole=Sent(
            body={
                "object": "list",
                "data": [
                    {"object": "embedding", "embedding": [0.5, -0.25], "index": 0},
                    {"object": "embedding", "embedding": [0.125, 1.0], "index": 1},
                ],
                "model": "voyage-4",
                "usage": {"total_tokens": 4},
            }
        ),
        path="/embeddings",
        sent_body={"model": "voyage-4", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        whole=Sent(
            body={
                "object": "list",
                "data": [{"relevance_score": 0.9, "index": 0}, {"relevance_score": 0.1, "index": 1}],
                "model": "rerank-3",
                "usage": {"total_tokens": 21},
            }
        ),
        path="/rerank",
    ),
    unauthorized=Sent(status=401, body={"detail": "Provided API key is invalid."}),
    unauthorized_words="API key is invalid",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7"},
        body={
            "detail": "You have exceeded your rate limit: 3 RPM. Add a payment method to unlock the standard limits."
        },
    ),
)
