"""Ollama's answers, in the form of its own API: one JSON object, or one a line."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent

HEAD = {"model": "gpt-oss:20b", "created_at": "2026-08-07T06:08:14.73237Z"}
DONE = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 3_699_126_583,
    "load_duration": 141_507_000,
    "prompt_eval_count": 9,
    "prompt_eval_duration": 59_398_000,
    "eval_count": 3,
    "eval_duration": 3_484_161_000,
}


def _message(content: str, **fields: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content, **fields}}


def _line(content: str, **fields: Any) -> str:
    return json.dumps({**HEAD, **_message(content, **fields), "done": False}) + "\n"


GOLDEN = Golden(
    model="gpt-oss:20b",
    path="/api/chat",
    chat=Chat(
        whole=Sent(body={**HEAD, **_message("Hello there.", thinking="A greeting."), **DONE}),
        stream=Sent(
            headers={"content-type": "application/x-ndjson"},
            frames=(
                _line("", thinking="A greet"),
                _line("", thinking="ing."),
                _line("Hello"),
                _line(" there."),
                json.dumps({**HEAD, **_message(""), **DONE}) + "\n",
            ),
        ),
        tool_call=Sent(
            body={
                **HEAD,
                **_message("", tool_calls=[{"function": {"name": "get_weather", "arguments": {"city": "Paris"}}}]),
                **DONE,
            }
        ),
        reasoning="A greeting.",
        broken_after=3,
        sent_body={
            "model": "gpt-oss:20b",
            "messages": [{"role": "user", "content": "Say hello."}],
            "stream": False,
            "options": {"num_predict": 64},
        },
    ),
    embeddings=Embeddings(
        path="/api/embed",
        whole=Sent(
            body={
                "model": "nomic-embed-text",
                "embeddings": [[0.5, -0.25], [0.125, 1.0]],
                "total_duration": 14_143_917,
                "load_duration": 1_019_500,
                "prompt_eval_count": 4,
            }
        ),
    ),
    unauthorized=Sent(status=401, body={"error": "unauthorized"}),
    unauthorized_words="unauthorized",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body={"error": "too many concurrent requests"}),
)
