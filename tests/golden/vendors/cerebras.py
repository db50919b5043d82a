"""Cerebras: thought in ``reasoning``, times and usage in the last chunk, errors without an ``error`` around them."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import stream, tool_call, whole

COUNTED = {
    "total_tokens": 12,
    "completion_tokens": 3,
    "completion_tokens_details": {
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
        "reasoning_tokens": 1,
    },
    "prompt_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 0},
}
TIMES = {
    "created": 1767225600.0769951,
    "queue_time": 0.004422211,
    "prompt_time": 0.003777098,
    "completion_time": 0.161340005,
    "total_time": 0.17233681678771973,
}
CALL = {"function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}, "type": "function", "id": "1845d1643"}
ASKED = {
    "model": "gpt-oss-120b",
    "messages": [{"role": "user", "content": "Say hello."}],
    "max_completion_tokens": 64,
}

GOLDEN = Golden(
    model="gpt-oss-120b",
    chat=Chat(
        whole=whole(
            message={"reasoning": "A greeting."},
            usage=COUNTED,
            time_info=TIMES,
            system_fingerprint="fp_109d9dad056b2cea",
        ),
        stream=stream(
            deltas=(
                {"role": "assistant"},
                {"reasoning": "A"},
                {"reasoning": " greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
            system_fingerprint="fp_109d9dad056b2cea",
        ),
        tool_call=tool_call(call=CALL, usage=COUNTED, time_info=TIMES),
        reasoning="A greeting.",
        broken_after=4,
        sent_body=ASKED,
        stream_sent={**ASKED, "stream": True, "stream_options": {"include_usage": True}},
        tool_sent={"max_completion_tokens": 64, "tools": [{"type": "function", "function": {"name": "get_weather"}}]},
    ),
    unauthorized=Sent(
        status=401,
        body={
            "message": "Wrong API Key",
            "type": "invalid_request_error",
            "param": "api_key",
            "code": "wrong_api_key",
        },
    ),
    unauthorized_words="Wrong API Key",
    rate_limited=Sent(
        status=429,
        headers={
            "x-ratelimit-limit-requests-day": "14400",
            "x-ratelimit-limit-tokens-minute": "60000",
            "x-ratelimit-remaining-requests-day": "14370",
            "x-ratelimit-remaining-tokens-minute": "0",
            "x-ratelimit-reset-requests-day": "33011.382867097855",
            "x-ratelimit-reset-tokens-minute": "11.382867097854614",
        },
        body={
            "message": "Tokens per minute limit exceeded - too many tokens processed.",
            "type": "too_many_tokens_error",
            "param": "quota",
            "code": "token_quota_exceeded",
        },
    ),
    retry_after=12,
)
