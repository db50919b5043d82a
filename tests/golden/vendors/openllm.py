"""OpenLLM: vLLM inside BentoML, whose own refusals are short; nothing but the answer in older servers' replies."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, whole

MODEL = "meta-llama/Llama-3.2-1B-Instruct"
CALL = {
    "id": "chatcmpl-tool-5a1f0c7d9e2b4f6a8c3d1e0f2a4b6c8d",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"tool_calls": [], "reasoning_content": None},
            choice={"logprobs": None, "stop_reason": None},
            prompt_logprobs=None,
        ),
        stream=stream(model=MODEL, usage={**USAGE, "prompt_tokens_details": None}),
        tool_call=tool_call(model=MODEL, call=CALL, choice={"logprobs": None, "stop_reason": 128008}),
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=Sent(status=401, body={"error": "Unauthorized"}),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(status=429, body={"error": "Too many requests"}),
    retry_after=None,
)
