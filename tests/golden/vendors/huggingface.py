"""Hugging Face's router: OpenAI's shape from whichever provider it chose, and errors as bare strings."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import stream, tool_call, whole

GOLDEN = Golden(
    model="openai/gpt-oss-120b:fastest",
    settings={"bill_to": "golden-org"},
    sent_headers={"authorization": "Bearer golden-token", "x-hf-bill-to": "golden-org"},
    chat=Chat(
        whole=whole(message={"reasoning": "A greeting."}),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": None, "reasoning": "A greeting."},
                {"content": "Hello", "reasoning": None},
                {"content": " there."},
            )
        ),
        tool_call=tool_call(),
        reasoning="A greeting.",
        sent_body={
            "model": "openai/gpt-oss-120b:fastest",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 64,
        },
    ),
    unauthorized=Sent(status=401, body={"error": "Invalid credentials in Authorization header"}),
    unauthorized_words="Invalid credentials in Authorization header",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body={"error": "Too many requests"}),
)
