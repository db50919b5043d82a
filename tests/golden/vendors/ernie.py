"""ERNIE: flags beside the text, ids of its own (as-…), codes in words, the app's id in a header."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import CALL, USAGE, question, ranking, stream, streamed, tool_call, vectors, whole

MODEL = "ernie-5.0"
COUNTED = {**USAGE, "prompt_tokens_details": {"search_tokens": 0}}

GOLDEN = Golden(
    model=MODEL,
    token="bce-v3/ALTAK-golden/secret",
    settings={"appid": "app-golden"},
    sent_headers={"authorization": "Bearer bce-v3/ALTAK-golden/secret", "appid": "app-golden"},
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            choice={"flag": 0, "ban_round": 0},
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"content": "", "reasoning_content": "A greeting.", "role": "assistant"},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            choice={"flag": 0},
        ),
        tool_call=tool_call(call={**CALL, "id": "call-golden"}, usage=COUNTED, choice={"flag": 0}),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="embedding-v1",
        whole=vectors("embedding-v1", id="as-golden", created=1733905893),
        sent_body={"model": "embedding-v1", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        path="/rerank",
        model="bce-reranker-base",
        whole=ranking(
            id="as-golden",
            object="list",
            created=1733905893,
            model="bce-reranker-base",
            usage={"prompt_tokens": 30, "total_tokens": 30},
        ),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {"code": "invalid_iam_token", "message": "invalid_iam_token", "type": "invalid_request_error"},
            "id": "as-golden",
        },
    ),
    unauthorized_words="invalid_iam_token",
    rate_limited=Sent(
        status=429,
        headers={"x-ratelimit-limit-requests": "3", "x-ratelimit-remaining-requests": "0"},
        body={
            "error": {
                "code": "rpm_rate_limit_exceeded",
                "message": "Rate limit reached for RPM",
                "type": "rate_limit_exceeded",
            },
            "id": "as-golden",
        },
    ),
    retry_after=None,
)
