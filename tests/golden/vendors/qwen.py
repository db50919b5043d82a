"""Qwen: ``usage: null`` and its thought's field in every chunk, ``request_id`` beside errors, 10 texts a request."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import CALL, USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "qwen3.8-flash"
COUNTED = {
    **USAGE,
    "prompt_tokens_details": {"text_tokens": 9},
    "completion_tokens_details": {"text_tokens": 3, "reasoning_tokens": 1},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            choice={"logprobs": None},
            system_fingerprint=None,
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": None, "reasoning_content": ""},
                {"content": None, "reasoning_content": "A greeting."},
                {"content": "Hello", "reasoning_content": None},
                {"content": " there.", "reasoning_content": None},
            ),
            usage=COUNTED,
            choice={"logprobs": None},
            system_fingerprint=None,
        ),
        tool_call=tool_call(
            call={
                "index": 0,
                **CALL,
                "id": "call_0774b940b4bb44a68485ae",
                "function": {"name": "get_weather", "arguments": ' {"city": "Paris"}'},
            },
            usage=COUNTED,
        ),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="text-embedding-v4",
        whole=vectors("text-embedding-v4", id="73591b79-d194"),
        sent_body={"model": "text-embedding-v4", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        path="/../../compatible-api/v1/reranks",
        model="qwen3-rerank",
        whole=Sent(
            body={
                "object": "list",
                "results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}],
                "model": "qwen3-rerank",
                "id": "d4d7bd1b",
                "usage": {"total_tokens": 30},
            }
        ),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "Incorrect API key provided. For details, see: https://help.aliyun.com/zh/model-studio/",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            },
            "request_id": "eef74a94-6ef9-97e0",
        },
    ),
    unauthorized_words="Incorrect API key provided",
    rate_limited=Sent(
        status=429,
        body={
            "error": {
                "message": "You exceeded your current quota, please check your plan and billing details.",
                "type": "insufficient_quota",
                "param": None,
                "code": "insufficient_quota",
            },
            "request_id": "eef74a94-6ef9-97e1",
        },
    ),
    retry_after=None,
)
