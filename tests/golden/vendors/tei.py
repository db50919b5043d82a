"""Text Embeddings Inference: bare arrays, no model, no usage."""

from __future__ import annotations

from tests.golden.case import Embeddings, Golden, Rerank, Sent

GOLDEN = Golden(
    model="BAAI/bge-m3",
    embeddings=Embeddings(
        whole=Sent(body=[[0.5, -0.25], [0.125, 1.0]]),
        path="/embed",
        input_usage=None,
        sent_body={"inputs": ["first", "second"]},
    ),
    rerank=Rerank(
        whole=Sent(body=[{"index": 0, "score": 0.9}, {"index": 1, "score": 0.1}]),
        path="/rerank",
        sent_body={"query": "Where is the Louvre?", "texts": ["Paris is a city.", "Berlin is a city."]},
    ),
    unauthorized=Sent(status=401),
    # A server that is busy says so with 429 "Model is overloaded", which is told as what it is; this is a proxy's.
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body="<html><h1>429 Too Many Requests</h1></html>"),
)
