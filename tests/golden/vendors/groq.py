"""Groq: usage a second time in ``x_groq``, times of its own, and the wait in the message and in headers."""

import json

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import CALL, USAGE, error, stream, whole

MODEL = "openai/gpt-oss-120b"
COUNTED = {
    **USAGE,
    "queue_time": 0.1996,
    "prompt_time": 0.1,
    "completion_time": 0.0786,
    "total_time": 0.1787,
    "completion_tokens_details": {"reasoning_tokens": 1},
}
HEAD = {
    "id": "chatcmpl-golden",
    "object": "chat.completion.chunk",
    "created": 1785813183,
    "model": MODEL,
    "system_fingerprint": "fp_ce7bc1685b",
}
_PLAIN = stream(
    model=MODEL,
    deltas=(
        {"role": "assistant", "content": None},
        {"channel": "analysis", "reasoning": "A greeting."},
        {"content": "Hello"},
        {"content": " there."},
    ),
    usage=COUNTED,
    choice={"logprobs": None},
    before=(
        "data: " + json.dumps({**HEAD, "choices": [], "x_groq": {"id": "req_golden", "seed": 1626759886}}) + "\n\n",
    ),
)
_LAST = {
    **HEAD,
    "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}],
    "x_groq": {"id": "req_golden", "usage": COUNTED},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning": "A greeting."},
            usage=COUNTED,
            choice={"logprobs": None},
            service_tier="on_demand",
            usage_breakdown=None,
            x_groq={"id": "req_golden", "seed": 1362186989},
        ),
        stream=Sent(
            headers=_PLAIN.headers,
            frames=(*_PLAIN.frames[:5], f"data: {json.dumps(_LAST)}\n\n", *_PLAIN.frames[6:]),
        ),
        tool_call=Sent(
            headers={"content-type": "application/json"},
            body={
                **HEAD,
                "object": "chat.completion",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "tool_calls": [{**CALL, "id": "bgfpbs022"}]},
                        "logprobs": None,
                        "finish_reason": "tool_calls",
                    }
                ],
                "usage": COUNTED,
                "x_groq": {"id": "req_golden"},
            },
        ),
        reasoning="A greeting.",
        broken_after=4,
        sent_body={
            "model": MODEL,
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_completion_tokens": 64,
        },
    ),
    unauthorized=error(401, "Invalid API Key", type="invalid_request_error", code="invalid_api_key"),
    unauthorized_words="Invalid API Key",
    rate_limited=error(
        429,
        "Rate limit reached for model `openai/gpt-oss-120b` in organization `org_golden` service tier `on_demand` on "
        "tokens per minute (TPM): Limit 8000, Used 7900, Requested 1100. Please try again in 6.75s. Need more tokens? "
        "Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
        headers={
            "x-ratelimit-limit-requests": "1000",
            "x-ratelimit-limit-tokens": "8000",
            "x-ratelimit-remaining-requests": "981",
            "x-ratelimit-remaining-tokens": "100",
            "x-ratelimit-reset-requests": "27m21.6s",
            "x-ratelimit-reset-tokens": "6.75s",
        },
        type="tokens",
        code="rate_limit_exceeded",
    ),
)
