"""Fireworks AI: usage in the last chunk unasked, rankings in ``data``, limits told by headers without a time."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import JSON, candidates, texts
from tests.golden.openai_shapes import CALL, question, stream, streamed, tool_call, vectors, whole

MODEL = "accounts/fireworks/models/gpt-oss-20b"
EMBEDDER = "nomic-ai/nomic-embed-text-v1.5"
RANKER = "fireworks/qwen3-reranker-8b"
COUNTED = {
    "prompt_tokens": 9,
    "total_tokens": 12,
    "completion_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 0},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            choice={"token_ids": None, "raw_output": None},
            perf_metrics=None,
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant"},
                {"reasoning_content": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(call={"index": 0, **CALL}, usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors(EMBEDDER), path="/embeddings", model=EMBEDDER, sent_body=texts(EMBEDDER)),
    rerank=Rerank(
        whole=Sent(
            headers=JSON,
            body={
                "object": "list",
                "model": RANKER,
                "data": [
                    {"index": 1, "relevance_score": 0.92, "document": None},
                    {"index": 0, "relevance_score": 0.18, "document": None},
                ],
                "usage": {"prompt_tokens": 24, "total_tokens": 24, "completion_tokens": 0},
            },
        ),
        path="/rerank",
        model=RANKER,
        order=(1, 0),
        scores=(0.92, 0.18),
        sent_body=candidates(RANKER),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "object": "error",
                "type": "UNAUTHORIZED",
                "code": "unauthorized",
                "message": "The API key you provided is invalid.",
            }
        },
    ),
    unauthorized_words="The API key you provided is invalid.",
    rate_limited=Sent(
        status=429,
        headers={
            "x-ratelimit-limit-requests": "600",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-over-limit": "yes",
        },
        body={
            "error": {
                "object": "error",
                "type": "invalid_request_error",
                "code": "RATE_LIMIT_EXCEEDED",
                "message": "Request rate exceeded the adaptive limit, please reduce your rate and try again.",
            }
        },
    ),
    retry_after=None,
)
