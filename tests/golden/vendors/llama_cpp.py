"""llama.cpp's server, without a key: timings in every answer, the HTTP status as the error's code."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import USAGE, error, question, stream, streamed, tool_call, vectors, whole

MODEL = "ggml-org/gpt-oss-20b-GGUF"
COUNTED = {**USAGE, "prompt_tokens_details": {"cached_tokens": 8}}
TIMINGS = {
    "cache_n": 8,
    "prompt_n": 1,
    "prompt_ms": 9.601,
    "prompt_per_token_ms": 9.601,
    "predicted_n": 3,
    "predicted_ms": 29.4,
    "predicted_per_second": 102.0,
}

GOLDEN = Golden(
    model=MODEL,
    token="",
    sent_headers={"content-type": "application/json"},
    chat=Chat(
        whole=whole(
            model="gpt-oss-20b-mxfp4.gguf",
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            timings=TIMINGS,
            system_fingerprint="b10499-6d05498",
        ),
        stream=stream(
            model="gpt-oss-20b-mxfp4.gguf",
            deltas=(
                {"role": "assistant", "content": None},
                {"reasoning_content": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            timings=TIMINGS,
            system_fingerprint="b10499-6d05498",
        ),
        tool_call=tool_call(usage=COUNTED, timings=TIMINGS),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="Qwen/Qwen3-Embedding-0.6B-GGUF",
        whole=vectors("Qwen3-Embedding-0.6B-Q8_0"),
    ),
    rerank=Rerank(
        path="/rerank",
        model="bge-reranker-v2-m3",
        scores=(2.25, -4.75),
        whole=Sent(
            body={
                "model": "bge-reranker-v2-m3-Q4_K_M",
                "object": "list",
                "usage": {"prompt_tokens": 13, "total_tokens": 13},
                "results": [{"index": 1, "relevance_score": -4.75}, {"index": 0, "relevance_score": 2.25}],
            }
        ),
    ),
    unauthorized=error(401, "Invalid API Key", code=401, type="authentication_error"),
    unauthorized_words="Invalid API Key",
    # The server itself never says so; a proxy before it does.
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7", "content-type": "text/html"},
        body="<html><head><title>429 Too Many Requests</title></head><body><hr>nginx</body></html>",
    ),
)
