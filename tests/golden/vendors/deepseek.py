"""DeepSeek: thought before the answer, and usage that tells cache hits and misses."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import CALL, USAGE, stream, tool_call, whole

COUNTED = {
    **USAGE,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 2},
    "prompt_cache_hit_tokens": 0,
    "prompt_cache_miss_tokens": 9,
}

GOLDEN = Golden(
    model="deepseek-v4.1-flash",
    chat=Chat(
        whole=whole(message={"reasoning_content": "A greeting."}, usage=COUNTED, choice={"logprobs": None}),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": None, "reasoning_content": ""},
                {"content": None, "reasoning_content": "A greeting."},
                {"content": "Hello", "reasoning_content": None},
                {"content": " there.", "reasoning_content": None},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(call={"index": 0, **CALL}, usage=COUNTED),
        reasoning="A greeting.",
        sent_body={
            "model": "deepseek-v4.1-flash",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 64,
        },
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "Authentication Fails, Your api key: ****oken is invalid",
                "type": "authentication_error",
                "param": None,
                "code": "invalid_request_error",
            }
        },
    ),
    unauthorized_words="Authentication Fails",
    rate_limited=Sent(
        status=429, body={"error": {"message": "Rate limit reached", "type": "rate_limit", "code": None}}
    ),
    retry_after=None,
)
