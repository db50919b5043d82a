"""Databricks: content in a list with the reasoning in it, usage with nulls in every chunk, errors by ``error_code``."""

from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import USAGE, question, stream, tool_call, vectors, whole

MODEL = "databricks-claude-haiku-5-5"
SERVED = "us.anthropic.claude-haiku-5-5-v1:0"
COUNTED = {**USAGE, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}


def _thought(text: str) -> dict[str, Any]:
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text, "signature": ""}]}


GOLDEN = Golden(
    model=MODEL,
    settings={"workspace_host": "adb-1.7.azuredatabricks.net"},
    chat=Chat(
        whole=whole(model=SERVED, usage=COUNTED),
        stream=stream(
            model=SERVED,
            deltas=(
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(usage=COUNTED),
        broken_after=1,
        sent_body=question(MODEL),
        stream_sent=question(MODEL, stream=True),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="databricks-gte-large-en",
        whole=vectors("gte-large-en-v1.5", usage={"prompt_tokens": 4, "total_tokens": 4}),
    ),
    unauthorized=Sent(
        status=403, body={"error_code": "403", "message": "Invalid access token. [ReqId: 3f0bd6a5-golden]"}
    ),
    unauthorized_words="Invalid access token",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7"},
        body={
            "error_code": "REQUEST_LIMIT_EXCEEDED",
            "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for "
            "databricks-claude-haiku-5-5. Please try again later.",
        },
    ),
)
