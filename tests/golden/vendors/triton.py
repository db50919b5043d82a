"""Triton's generate extension with TensorRT-LLM: text alone, and a stream that ends where the connection does."""

from __future__ import annotations

import json

from tests.golden.case import Chat, Golden, Sent


def _frame(text: str) -> str:
    told = {"model_name": "ensemble", "model_version": "1", "sequence_end": False, "text_output": text}
    return f"data: {json.dumps(told)}\n\n"


GOLDEN = Golden(
    model="ensemble",
    path="/v2/models/ensemble/generate",
    chat=Chat(
        whole=Sent(
            body={"model_name": "ensemble", "model_version": "1", "cum_log_probs": 0.0, "text_output": "Hello there."}
        ),
        stream=Sent(
            headers={"content-type": "text/event-stream; charset=utf-8"},
            frames=(_frame("Hello"), _frame(" there"), _frame("."), _frame("")),
        ),
        tool_call=Sent(),
        no_tools=True,
        usage=None,
        stream_path="/v2/models/ensemble/generate_stream",
        sent_body={"text_input": "Say hello.", "stream": False, "exclude_input_in_output": True, "max_tokens": 64},
    ),
    unauthorized=Sent(status=401, body={"error": "This API is restricted, expecting header 'authorization'"}),
    unauthorized_words="restricted",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body="<html><h1>429 Too Many Requests</h1></html>"),
)
