"""DeepInfra: costs beside the counts in usage, rankings as bare scores at an address of each model's."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, JSON, texts
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-oss-120b"
EMBEDDER = "BAAI/bge-m3"
RANKER = "Qwen/Qwen3-Reranker-8B"
COUNTED = {**USAGE, "estimated_cost": 8.43e-07, "prompt_tokens_details": None}
CALL = {
    "id": "call_Hq0oaVx1xVq7lyKkEsmf5dZr",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting.", "name": None, "tool_calls": None},
            usage=COUNTED,
            choice={"logprobs": None},
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": "", "reasoning_content": "A greeting."},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
        ),
        tool_call=tool_call(call=CALL, usage=COUNTED),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors(EMBEDDER), path="/embeddings", model=EMBEDDER, sent_body=texts(EMBEDDER)),
    rerank=Rerank(
        whole=Sent(
            headers=JSON,
            body={
                "scores": [0.1, 0.9],
                "input_tokens": 24,
                "request_id": None,
                "inference_status": {
                    "status": "unknown",
                    "runtime_ms": 0,
                    "cost": 0.0,
                    "tokens_generated": None,
                    "tokens_input": 24,
                },
            },
        ),
        path=f"/../inference/{RANKER}",
        model=RANKER,
        order=(1, 0),
        scores=(0.9, 0.1),
        sent_body={"queries": ["Where is the Louvre?"] * 2, "documents": DOCUMENTS},
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "Not authenticated",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        },
    ),
    unauthorized_words="Not authenticated",
    rate_limited=Sent(status=429, body={"detail": {"error": "Rate limited: too many concurrent requests"}}),
    retry_after=None,
)
