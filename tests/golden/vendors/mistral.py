"""Mistral: content in chunks with thought among them, nine characters for a call's id, flat errors."""

from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import CALL, USAGE, question, stream, tool_call, vectors, whole

MODEL = "mistral-medium-latest"
COUNTED = {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}, "num_cached_tokens": 0}


def _thinking(text: str, *, closed: bool = True) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": closed}


GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            message={
                "content": [_thinking("A greeting."), {"type": "text", "text": "Hello there."}],
                "tool_calls": None,
            },
            usage=COUNTED,
        ),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": ""},
                {"content": [_thinking("A greet", closed=False)]},
                {"content": [_thinking("ing.")]},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
            p="abcdefghijklm",
        ),
        tool_call=tool_call(call={**CALL, "id": "gB7kQ2xLp", "index": 0}, usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=question(MODEL, stream=True),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="mistral-embed",
        whole=vectors(
            "mistral-embed",
            usage={
                "prompt_tokens": 4,
                "total_tokens": 4,
                "completion_tokens": 0,
                "prompt_audio_seconds": None,
                "prompt_tokens_details": None,
                "completion_tokens_details": None,
                "request_count": None,
            },
            id="50a4afc3",
        ),
        sent_body={"model": "mistral-embed", "input": ["first", "second"]},
    ),
    unauthorized=Sent(status=401, body={"detail": "Invalid API Key"}),
    unauthorized_words="Invalid API Key",
    rate_limited=Sent(
        status=429,
        headers={"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "0"},
        body={
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
            "raw_status_code": 429,
        },
    ),
    retry_after=None,
)
