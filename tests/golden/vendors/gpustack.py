"""GPUStack: speeds beside the counts in usage, ids in the engine's own form, errors of the cluster itself."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

COUNTED = {
    "completion_tokens": 3,
    "completion_tokens_details": {
        "accepted_prediction_tokens": 0,
        "reasoning_tokens": 1,
        "rejected_prediction_tokens": 0,
    },
    "draft_tokens": 0,
    "draft_tokens_acceptance": 0.0,
    "prompt_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 4},
    "prompt_tokens_per_second": 3061.6,
    "time_per_output_token_ms": 21.69,
    "time_to_first_token_ms": 59.446,
    "tokens_per_second": 46.1,
    "total_tokens": 12,
}
CALL = {
    "function": {"arguments": '{"city":"Paris"}', "name": "get_weather"},
    "id": "call-Jv8HcaHnRYCdxjtkx2LAxRI8yvVdzFW2",
    "type": "function",
}

GOLDEN = Golden(
    model="qwen3-8b",
    chat=Chat(
        whole=whole(model="qwen3-8b", message={"reasoning_content": "\nA greeting.\n"}, usage=COUNTED),
        stream=stream(
            model="qwen3-8b",
            deltas=(
                {"role": "assistant", "content": None},
                {"reasoning_content": "\nA greeting."},
                {"reasoning_content": "\n"},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
        ),
        tool_call=tool_call(call=CALL, usage=COUNTED),
        reasoning="\nA greeting.\n",
        broken_after=4,
        sent_body=question("qwen3-8b"),
        stream_sent=streamed("qwen3-8b"),
    ),
    embeddings=Embeddings(whole=vectors("bge-m3"), path="/embeddings", model="bge-m3", sent_body=texts("bge-m3")),
    rerank=Rerank(
        whole=ranking(
            "bge-reranker-v2-m3",
            results=[
                {"index": 0, "relevance_score": 4.25, "document": {"text": DOCUMENTS[0]}},
                {"index": 1, "relevance_score": -3.5, "document": {"text": DOCUMENTS[1]}},
            ],
            object="list",
            usage={"prompt_tokens": 24, "total_tokens": 24},
        ),
        path="/rerank",
        model="bge-reranker-v2-m3",
        scores=(4.25, -3.5),
        sent_body=candidates("bge-reranker-v2-m3"),
    ),
    unauthorized=Sent(
        status=401,
        body={"error": {"code": 401, "message": "Invalid authentication credentials", "type": "Unauthorized"}},
    ),
    unauthorized_words="Invalid authentication credentials",
    rate_limited=Sent(
        status=429, body={"error": {"code": 429, "message": "Too Many Requests", "type": "TooManyRequests"}}
    ),
    retry_after=None,
)
