"""Xinference: CRLF and pings in streams, -1 for usage it did not count, FastAPI's errors."""

import json

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import candidates, ranking, texts
from tests.golden.openai_shapes import EVENT_STREAM, USAGE, question, streamed, tool_call, vectors, whole

MODEL = "qwen3-instruct"
CALL = {
    "id": "call_0d3f8f5e-5f5e-4f4e-9a4a-0c6f1f3a7b21",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}
UNCOUNTED = {"prompt_tokens": -1, "completion_tokens": -1, "total_tokens": -1}
BASE = {"id": "chat5b1e6c", "model": MODEL, "created": 1767225600, "object": "chat.completion.chunk"}


def frame(**fields: object) -> str:
    return f"data: {json.dumps({**BASE, **fields})}\r\n\r\n"


def piece(delta: dict[str, object], finish: str | None = None) -> str:
    return frame(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


STREAM = Sent(
    headers=EVENT_STREAM,
    frames=[
        piece({"role": "assistant", "content": ""}),
        ": ping - 2026-01-01 00:00:00.000000+00:00\r\n\r\n",
        piece({"reasoning_content": "A greeting.", "content": ""}),
        piece({"content": "Hello"}),
        piece({"content": " there."}),
        piece({"content": ""}, "stop"),
        frame(choices=[], usage=USAGE),
        "data: [DONE]\r\n\r\n",
    ],
)

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning_content": "A greeting."}, id="chat5b1e6c"),
        stream=STREAM,
        tool_call=tool_call(model=MODEL, call=CALL, usage=UNCOUNTED, id="chatcmpl-5b1e6c"),
        reasoning="A greeting.",
        broken_after=4,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors("bge-m3", model_replica="bge-m3-0"),
        path="/embeddings",
        model="bge-m3",
        sent_body=texts("bge-m3"),
    ),
    rerank=Rerank(
        whole=ranking(
            id="8d4f9ad0-2a54-11f0-8a1d-0242ac110002",
            results=[
                {"index": 0, "relevance_score": 0.9999, "document": None},
                {"index": 1, "relevance_score": 0.00003, "document": None},
            ],
            meta={
                "api_version": None,
                "billed_units": None,
                "tokens": {"input_tokens": 24, "output_tokens": 24},
                "warnings": None,
            },
        ),
        path="/rerank",
        model="bge-reranker-v2-m3",
        scores=(0.9999, 0.00003),
        sent_body=candidates("bge-reranker-v2-m3"),
    ),
    unauthorized=Sent(
        status=401, headers={"www-authenticate": "Bearer"}, body={"detail": "Could not validate credentials"}
    ),
    unauthorized_words="Could not validate credentials",
    rate_limited=Sent(
        status=429, body={"detail": "Rate limit reached for the model. Request limit 4 for the model: qwen3-instruct-0"}
    ),
    retry_after=None,
)
