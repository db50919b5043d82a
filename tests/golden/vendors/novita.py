"""novita.ai: a separate text of thought, errors as code, reason, message and metadata."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-oss-120b"
EMBEDDER = "baai/bge-m3"
RANKER = "baai/bge-reranker-v2-m3"
COUNTED = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 12,
    "prompt_tokens_details": None,
    "completion_tokens_details": None,
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting.", "tool_calls": None},
            usage=COUNTED,
            choice={"content_filter_results": {"hate": {"filtered": False}, "jailbreak": {"filtered": False}}},
            system_fingerprint="",
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
            system_fingerprint="",
        ),
        tool_call=tool_call(usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors(EMBEDDER), path="/embeddings", model=EMBEDDER, sent_body=texts(EMBEDDER)),
    rerank=Rerank(
        whole=ranking(
            id="5f0d6c1e",
            results=[
                {"document": {"text": DOCUMENTS[0]}, "index": 0, "relevance_score": 0.9},
                {"document": {"text": DOCUMENTS[1]}, "index": 1, "relevance_score": 0.1},
            ],
            usage={"completion_tokens": 0, "prompt_tokens": 24, "total_tokens": 24},
        ),
        path="/rerank",
        model=RANKER,
        sent_body=candidates(RANKER),
    ),
    unauthorized=Sent(
        status=401,
        body={"code": 401, "reason": "FAILED_TO_AUTH", "message": "failed to authenticate API key", "metadata": {}},
    ),
    unauthorized_words="failed to authenticate API key",
    rate_limited=Sent(
        status=429,
        body={
            "code": 429,
            "reason": "RATE_LIMIT_EXCEEDED",
            "message": "the request exceeds the rate limit, please try again later",
            "metadata": {},
        },
    ),
    retry_after=None,
)
