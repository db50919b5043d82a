"""Zhipu: numbers for errors with messages in Chinese, ``request_id``, the role in every chunk, usage in the last."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank
from tests.golden.openai_shapes import (
    CALL,
    USAGE,
    error,
    question,
    ranking,
    stream,
    streamed,
    tool_call,
    vectors,
    whole,
)

MODEL = "glm-5.3-flash"
COUNTED = {
    **USAGE,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 1},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            request_id="20260821050219787b1f0e32e04586",
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "reasoning_content": "A greeting."},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(
            call={"index": 0, **CALL, "id": "call_-8253028799820566335"},
            usage=COUNTED,
            request_id="202510150126186166647a03df4c60",
        ),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="embedding-3",
        whole=vectors("embedding-3", usage={"prompt_tokens": 4, "completion_tokens": 0, "total_tokens": 4}),
        sent_body={"model": "embedding-3", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        path="/rerank",
        model="rerank",
        whole=ranking(
            id="20250801",
            created=1754021234,
            request_id="20250801",
            usage={"prompt_tokens": 30, "total_tokens": 30},
        ),
        sent_body={
            "model": "rerank",
            "query": "Where is the Louvre?",
            "documents": ["Paris is a city.", "Berlin is a city."],
        },
    ),
    unauthorized=error(401, "身份验证失败。", code="1000"),
    unauthorized_words="身份验证失败",
    rate_limited=error(429, "您的账户已达到速率限制，请您控制请求频率", code="1302"),
    retry_after=None,
)
