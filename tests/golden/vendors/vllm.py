"""vLLM: fields of its own that are mostly null, ``reasoning`` in a field of that name, long tool-call ids."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

COUNTED = {"prompt_tokens": 9, "total_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": None}
SAID = {
    "refusal": None,
    "annotations": None,
    "audio": None,
    "function_call": None,
    "tool_calls": [],
    "reasoning": "\nA greeting.\n",
}
NULLS = {
    "service_tier": None,
    "system_fingerprint": None,
    "prompt_logprobs": None,
    "prompt_token_ids": None,
    "kv_transfer_params": None,
}
CALL = {
    "id": "chatcmpl-tool-2f1f0d7e6b5a4c3d9e8f7a6b5c4d3e2f",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model="Qwen/Qwen3-8B",
    chat=Chat(
        whole=whole(
            model="Qwen/Qwen3-8B",
            message=SAID,
            usage=COUNTED,
            choice={"logprobs": None, "stop_reason": None, "token_ids": None},
            **NULLS,
        ),
        stream=stream(
            model="Qwen/Qwen3-8B",
            deltas=(
                {"role": "assistant", "content": ""},
                {"reasoning": "\n"},
                {"reasoning": "A greeting."},
                {"reasoning": "\n"},
                {"content": "Hello"},
                {"content": " there."},
                {"content": ""},
            ),
            usage=COUNTED,
            choice={"logprobs": None, "token_ids": None},
        ),
        tool_call=tool_call(call=CALL, choice={"stop_reason": 151645}, usage=COUNTED),
        reasoning="\nA greeting.\n",
        broken_after=3,
        sent_body=question("Qwen/Qwen3-8B"),
        stream_sent=streamed("Qwen/Qwen3-8B"),
    ),
    embeddings=Embeddings(
        whole=vectors(
            "BAAI/bge-m3",
            usage={"prompt_tokens": 4, "total_tokens": 4, "completion_tokens": 0, "prompt_tokens_details": None},
            id="embd-6f2b6f0c4f5b4b0f",
            created=1767225600,
        ),
        path="/embeddings",
        model="BAAI/bge-m3",
        sent_body=texts("BAAI/bge-m3"),
    ),
    rerank=Rerank(
        whole=ranking(
            "BAAI/bge-reranker-v2-m3",
            id="score-91c0a8b7",
            results=[
                {"index": 1, "document": {"text": DOCUMENTS[1], "multi_modal": None}, "relevance_score": 0.75},
                {"index": 0, "document": {"text": DOCUMENTS[0], "multi_modal": None}, "relevance_score": 0.00048},
            ],
            usage={"prompt_tokens": 24, "total_tokens": 24},
        ),
        path="/rerank",
        model="BAAI/bge-reranker-v2-m3",
        order=(1, 0),
        scores=(0.75, 0.00048),
        sent_body=candidates("BAAI/bge-reranker-v2-m3"),
    ),
    unauthorized=Sent(status=401, body={"error": "Unauthorized"}),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(status=429, headers={"retry-after": "5", "content-type": "text/plain"}, body="Too Many Requests"),
    retry_after=5,
)
