"""Alibaba PAI-EAS: a bare token, the container's own answers, and a gateway before it that speaks plain text."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.more_shapes import texts
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "Qwen3-8B"
TOKEN = "ZGVtby1nb2xkZW4tdG9rZW4taXMtaGVyZQ=="
PLAIN = {"content-type": "text/plain; charset=utf-8"}
CALL = {
    "id": "chatcmpl-tool-7b6a5c4d3e2f1a0b9c8d7e6f5a4b3c2d",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    token=TOKEN,
    sent_headers={"authorization": TOKEN},
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting.", "tool_calls": []},
            choice={"logprobs": None, "stop_reason": None},
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": ""},
                {"reasoning_content": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage={**USAGE, "prompt_tokens_details": None},
        ),
        tool_call=tool_call(model=MODEL, call=CALL),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors("bge-m3"), path="/embeddings", model="bge-m3", sent_body=texts("bge-m3")),
    unauthorized=Sent(status=401, headers=PLAIN, body="Unauthorized: invalid token"),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(status=429, headers=PLAIN, body="Too Many Requests"),
    retry_after=None,
)
