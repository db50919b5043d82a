"""Lepton AI: vLLM or NIM behind an address of each endpoint's."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, whole

MODEL = "meta/llama-3.1-8b-instruct"
CALL = {
    "id": "chatcmpl-tool-0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": None, "tool_calls": []},
            choice={"logprobs": None, "stop_reason": None},
            prompt_logprobs=None,
        ),
        stream=stream(model=MODEL, usage={**USAGE, "prompt_tokens_details": None}),
        tool_call=tool_call(model=MODEL, call=CALL, choice={"stop_reason": None}),
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=Sent(status=401, headers={"content-type": "text/plain"}, body="Unauthorized\n"),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(status=429, body={"detail": "Too Many Requests"}),
    retry_after=None,
)
