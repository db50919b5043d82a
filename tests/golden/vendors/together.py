"""Together: the text twice, token ids and seeds beside it, ``usage: null`` until the last chunk, finish word "eos"."""

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import EVENT_STREAM, error, question, ranking, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-oss-120b"
COUNTED = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "cached_tokens": 0, "reasoning_tokens": 1}


def _frame(finish: str | None = None, usage: Any = None, **delta: Any) -> str:
    text = delta.get("content", "")
    choice = {
        "index": 0,
        "text": text,
        "logprobs": None,
        "finish_reason": finish,
        "seed": None,
        "delta": {"token_id": 16, "role": "assistant", "content": text, **delta},
    }
    head = {"id": "ovCb58Q-6Ng1vN", "object": "chat.completion.chunk", "created": 1786077894, "model": MODEL}
    return "data: " + json.dumps({**head, "choices": [choice], "usage": usage}) + "\n\n"


GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            message={"reasoning": "A greeting.", "tool_calls": []},
            finish="stop",
            usage=COUNTED,
            choice={"seed": 12479678939117453000, "logprobs": None},
            prompt=[],
            metadata={"weight_version": "default"},
        ),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=(
                _frame(reasoning="A greeting."),
                _frame(content="Hello"),
                _frame(content=" there."),
                _frame("stop", COUNTED),
                "data: [DONE]\n\n",
            ),
        ),
        tool_call=tool_call(usage=COUNTED, choice={"seed": 12479678939117453000}, prompt=[]),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="BAAI/bge-base-en-v1.5",
        whole=vectors("BAAI/bge-base-en-v1.5", usage={"prompt_tokens": 4, "total_tokens": 4}),
    ),
    rerank=Rerank(
        path="/rerank",
        model="Salesforce/Llama-Rank-V1",
        whole=ranking(
            documents=True,
            id="9dfa1a09",
            object="rerank",
            usage={"prompt_tokens": 30, "completion_tokens": 0, "total_tokens": 30},
        ),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "id": "ovCb58Q",
            "error": {
                "message": "Invalid API key provided. You can find your API key at https://api.together.ai/settings.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            },
        },
    ),
    unauthorized_words="Invalid API key provided",
    rate_limited=error(
        429,
        "You have reached the rate limit specific to this model openai/gpt-oss-120b. The maximum rate limit for this "
        "model is 1.0 queries per second.",
        headers={"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"},
        type="rate_limit",
        param=None,
        code=None,
    ),
)
