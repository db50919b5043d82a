"""OpenRouter: whitespace and comments that keep the line alive, reasoning said twice, cost, errors within errors."""

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import USAGE, error, question, stream, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-6-luna"
COUNTED = {
    **USAGE,
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0, "video_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1, "image_tokens": 0, "audio_tokens": 0},
    "cost": 0.0000024,
    "is_byok": False,
    "cost_details": {"upstream_inference_cost": 0.0000024},
}


def _thought(text: str) -> dict[str, Any]:
    detail = {"type": "reasoning.summary", "summary": text, "format": "openai-responses-v1", "index": 0}
    return {"reasoning": text, "reasoning_details": [detail]}


_WHOLE = whole(
    message={**_thought("A greeting."), "refusal": None},
    usage=COUNTED,
    choice={"native_finish_reason": "completed", "logprobs": None},
    provider="OpenAI",
    service_tier="default",
)

GOLDEN = Golden(
    model=MODEL,
    settings={"site_url": "https://app.example", "app_name": "Golden"},
    sent_headers={
        "authorization": "Bearer golden-token",
        "http-referer": "https://app.example",
        "x-title": "Golden",
    },
    chat=Chat(
        whole=Sent(headers=_WHOLE.headers, body="\n         \n\n         \n" + json.dumps(_WHOLE.body)),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": "", **_thought("A greet")},
                {"role": "assistant", "content": "", **_thought("ing.")},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
            choice={"native_finish_reason": None},
            before=(": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n"),
            provider="OpenAI",
        ),
        tool_call=tool_call(
            call={
                "index": 0,
                "id": "call_golden1",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
            },
            usage=COUNTED,
            choice={"native_finish_reason": "completed"},
        ),
        reasoning="A greeting.",
        broken_after=5,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="openai/text-embedding-3-small",
        whole=vectors(
            "text-embedding-3-small",
            usage={"prompt_tokens": 4, "total_tokens": 4, "cost": 8e-8},
            provider="OpenAI",
            id="gen-emb-1",
        ),
        sent_body={"model": "openai/text-embedding-3-small", "input": ["first", "second"]},
    ),
    unauthorized=error(401, "No cookie auth credentials found", code=401),
    unauthorized_words="No cookie auth credentials found",
    rate_limited=error(
        429,
        "Rate limit exceeded: free-models-per-min. ",
        headers={"date": "Sat, 21 Nov 2026 06:00:00 GMT"},
        code=429,
        metadata={
            "headers": {
                "X-RateLimit-Limit": "20",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1795240807000",
            },
            "provider_name": None,
        },
    ),
)
