"""SiliconFlow: usage so far in every chunk, unasked; nulls beside the text; errors without an ``error`` around them."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import DOCUMENTS, candidates, ranking, texts
from tests.golden.openai_shapes import CALL, EVENT_STREAM, question, streamed, tool_call, vectors, whole

MODEL = "deepseek-ai/DeepSeek-V4-Flash"


def counted(output: int) -> dict[str, Any]:
    return {
        "prompt_tokens": 9,
        "completion_tokens": output,
        "total_tokens": 9 + output,
        "completion_tokens_details": {"reasoning_tokens": min(output, 1)},
        "prompt_tokens_details": {"cached_tokens": 0},
        "prompt_cache_hit_tokens": 0,
        "prompt_cache_miss_tokens": 9,
    }


def chunk(output: int, *, content: str | None, thought: str | None = None, finish: str | None = None) -> str:
    delta = {"content": content, "reasoning_content": thought, "role": "assistant"}
    body = {
        "id": "0197a1b2c3d4e5f60718293a4b5c6d7e",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        "system_fingerprint": "",
        "usage": counted(output),
    }
    return f"data: {json.dumps(body)}\n\n"


GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning_content": "A greeting."}, usage=counted(3), system_fingerprint=""),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=[
                chunk(0, content="", thought=None),
                chunk(1, content=None, thought="A greeting."),
                chunk(2, content="Hello"),
                chunk(3, content=" there."),
                chunk(3, content="", finish="stop"),
                "data: [DONE]\n\n",
            ],
        ),
        tool_call=tool_call(call={**CALL, "id": "0197a1b2c3d4e5f60718293a4b5c6d7f"}, usage=counted(3)),
        reasoning="A greeting.",
        broken_after=4,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors("BAAI/bge-m3", usage={"prompt_tokens": 4, "completion_tokens": 0, "total_tokens": 4}),
        path="/embeddings",
        model="BAAI/bge-m3",
        sent_body=texts("BAAI/bge-m3"),
    ),
    rerank=Rerank(
        whole=ranking(
            id="0197a1b2c3d4e5f60718293a4b5c6d80",
            results=[
                {"document": {"text": DOCUMENTS[0]}, "index": 0, "relevance_score": 0.9},
                {"document": {"text": DOCUMENTS[1]}, "index": 1, "relevance_score": 0.1},
            ],
            meta={
                "billed_units": {"input_tokens": 24, "output_tokens": 0, "search_units": 0, "classifications": 0},
                "tokens": {"input_tokens": 24, "output_tokens": 0},
            },
        ),
        path="/rerank",
        model="BAAI/bge-reranker-v2-m3",
        sent_body=candidates("BAAI/bge-reranker-v2-m3"),
    ),
    unauthorized=Sent(status=401, body='"Api key is invalid"'),
    unauthorized_words="Api key is invalid",
    rate_limited=Sent(
        status=429,
        body={
            "message": "Request was rejected due to rate limiting. If you want more, please contact "
            "contact@siliconflow.com. Details:TPM limit reached.",
            "data": None,
        },
    ),
    retry_after=None,
)
