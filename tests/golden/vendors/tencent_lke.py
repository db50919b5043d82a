"""Tencent's knowledge engine: DeepSeek's answers, and refusals with Tencent Cloud's codes."""

from tests.golden.case import Chat, Golden
from tests.golden.openai_shapes import CALL, USAGE, error, question, stream, streamed, tool_call, whole

MODEL = "deepseek-v3.2"

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(message={"reasoning_content": "A greeting."}, usage=USAGE, choice={"logprobs": None}),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": "", "reasoning_content": "A greeting."},
                {"role": "assistant", "content": "Hello", "reasoning_content": ""},
                {"role": "assistant", "content": " there.", "reasoning_content": ""},
            ),
            usage_in_last=True,
        ),
        tool_call=tool_call(call={"index": 0, **CALL}),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=error(
        401,
        "Incorrect API key provided: sk-golde****oken. You can find your API key at "
        "https://console.cloud.tencent.com/lkeap/api.",
        type="invalid_request_error",
        code="invalid_api_key",
    ),
    unauthorized_words="Incorrect API key provided",
    rate_limited=error(
        429,
        "[TPM] 请求限频，当前模型每分钟token数超出限制",
        type="runtime_error",
        code="20034",
        param=None,
    ),
    retry_after=None,
)
