"""Baidu Qianfan: a ``flag`` in every choice, lists of other names, an app's id in a header."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "deepseek-v4-flash"
CALL = {
    "id": "call_5a1c2e6c-0f3e-4a7b-9d2f-1b8c7e6d5a40",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    token="bce-v3/ALTAK-golden/0123456789",
    settings={"appid": "app-golden"},
    sent_headers={"authorization": "Bearer bce-v3/ALTAK-golden/0123456789", "appid": "app-golden"},
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            choice={"flag": 0},
            id="as-bcmt5ct4iy",
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": ""},
                {"reasoning_content": "A greeting.", "content": ""},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage={**USAGE, "completion_tokens_details": {"reasoning_tokens": 1}},
            choice={"flag": 0},
        ),
        tool_call=tool_call(call=CALL, choice={"flag": 0}),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors("embedding-v1", id="as-7k3m2n1p0q", object="embedding_list", created=1767225600),
        path="/embeddings",
        model="embedding-v1",
        sent_body=texts("embedding-v1"),
    ),
    rerank=Rerank(
        whole=ranking(
            id="as-1q2w3e4r5t",
            object="rerank_list",
            created=1767225600,
            results=[
                {"document": DOCUMENTS[0], "relevance_score": 0.9, "index": 0},
                {"document": DOCUMENTS[1], "relevance_score": 0.1, "index": 1},
            ],
            usage={"prompt_tokens": 24, "total_tokens": 24},
        ),
        path="/rerank",
        model="qwen3-reranker-4b",
        sent_body=candidates("qwen3-reranker-4b"),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "code": "invalid_iam_token",
                "message": "IAM Certification failed",
                "type": "invalid_request_error",
            },
            "id": "as-t2z8xi6mm8",
        },
    ),
    unauthorized_words="IAM Certification failed",
    rate_limited=Sent(
        status=429,
        body={
            "error": {
                "code": "rpm_rate_limit_exceeded",
                "message": "Rate limit reached for RPM",
                "type": "rate_limit_exceeded",
            },
            "id": "as-t2z8xi6mm9",
        },
    ),
    retry_after=None,
)
