"""Qiniu AI: passes on what the model's maker sends, thought and null fields among it."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import CALL, USAGE, question, stream, streamed, tool_call, whole

MODEL = "deepseek/deepseek-v4-flash"
COUNTED = {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 1}}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting.", "tool_calls": None},
            usage=COUNTED,
            choice={"logprobs": None},
            system_fingerprint="",
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": None, "reasoning_content": "A greeting."},
                {"content": "Hello", "reasoning_content": None},
                {"content": " there.", "reasoning_content": None},
            ),
            usage=COUNTED,
        ),
        tool_call=tool_call(call={"index": 0, **CALL}, usage=COUNTED),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=Sent(
        status=401, body={"error": {"message": "invalid api key", "type": "invalid_request_error", "code": "401"}}
    ),
    unauthorized_words="invalid api key",
    rate_limited=Sent(
        status=429, body={"error": {"message": "rate limit exceeded", "type": "rate_limit_error", "code": "429"}}
    ),
    retry_after=None,
)
