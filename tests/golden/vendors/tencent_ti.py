"""Tencent TI-ONE: a bare token, SGLang's answers with matched stops, refusals of the cloud's own gateway."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, whole

MODEL = "ms-golden01"
CALL = {
    "id": "call_2f1e0d9c8b7a65544332211f",
    "index": 0,
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    settings={"service": "ms-golden01", "appid": "1250000000"},
    sent_headers={"authorization": "golden-token"},
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting.", "tool_calls": None},
            usage={**USAGE, "prompt_tokens_details": None, "reasoning_tokens": 0},
            choice={"logprobs": None, "matched_stop": 151645},
            metadata={"weight_version": "default"},
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": "", "reasoning_content": None, "tool_calls": None},
                {"role": None, "content": None, "reasoning_content": "A greeting.", "tool_calls": None},
                {"role": None, "content": "Hello", "reasoning_content": None, "tool_calls": None},
                {"role": None, "content": " there.", "reasoning_content": None, "tool_calls": None},
            ),
        ),
        tool_call=tool_call(model=MODEL, call=CALL, choice={"logprobs": None, "matched_stop": None}),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=Sent(status=401, body={"message": "Unauthorized"}),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(status=429, body={"message": "API rate limit exceeded"}, headers={"retry-after": "1"}),
    retry_after=1,
)
