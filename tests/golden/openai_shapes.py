"""Bodies in OpenAI's shape, for vendors that speak it: each vendor's file adds what is its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.golden.case import Sent

USAGE: Mapping[str, Any] = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
CALL: Mapping[str, Any] = {
    "id": "call_golden1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}
EVENT_STREAM = {"content-type": "text/event-stream"}


def whole(
    *,
    model: str = "golden",
    message: Mapping[str, Any] | None = None,
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = USAGE,
    choice: Mapping[str, Any] | None = None,
    **beside: Any,
) -> Sent:
    """A completion that says "Hello there."; ``message`` and ``choice`` add fields or replace them."""
    said = {"role": "assistant", "content": "Hello there.", **(message or {})}
    answer: dict[str, Any] = {
        "id": "chatcmpl-golden",
        "object": "chat.completion",
        "created": 1767225600,
        "model": model,
        "choices": [{"index": 0, "message": said, "finish_reason": finish, **(choice or {})}],
        **({} if usage is None else {"usage": usage}),
        **beside,
    }
    return Sent(headers={"content-type": "application/json"}, body=answer)


def tool_call(*, call: Mapping[str, Any] = CALL, finish: str = "tool_calls", **more: Any) -> Sent:
    return whole(message={"content": None, "tool_calls": [call]}, finish=finish, **more)


def stream(
    *,
    model: str = "golden",
    deltas: Sequence[Mapping[str, Any]] = (
        {"role": "assistant", "content": ""},
        {"content": "Hello"},
        {"content": " there."},
    ),
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = USAGE,
    usage_in_last: bool = False,
    done: bool = True,
    choice: Mapping[str, Any] | None = None,
    before: Sequence[str] = (),
    **beside: Any,
) -> Sent:
    """``usage_in_last``: in the chunk with the finish reason instead of one of its own with no choices. ``choice`` adds
    fields to every choice; ``before`` are frames that come first."""
    own = choice or {}
    base = {"id": "chatcmpl-golden", "object": "chat.completion.chunk", "created": 1767225600, "model": model, **beside}
    chunks = [{**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None, **own}]} for delta in deltas]
    last = {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish, **own}]}
    if usage is not None and usage_in_last:
        last["usage"] = usage
    chunks.append(last)
    if usage is not None and not usage_in_last:
        chunks.append({**base, "choices": [], "usage": usage})
    frames = [*before, *(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)]
    return Sent(headers=EVENT_STREAM, frames=[*frames, "data: [DONE]\n\n"] if done else frames)


def error(status: int, message: str, *, headers: Mapping[str, str] | None = None, **fields: Any) -> Sent:
    """A refusal in OpenAI's envelope; ``fields`` stand beside the message."""
    return Sent(status=status, headers=headers or {}, body={"error": {"message": message, **fields}})


def question(model: str, **fields: Any) -> dict[str, Any]:
    """The standard question as most vendors must receive it."""
    return {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 64, **fields}


def streamed(model: str, **fields: Any) -> dict[str, Any]:
    """The same, streamed, with the usage the app asked for."""
    return question(model, stream=True, stream_options={"include_usage": True}, **fields)


def vectors(model: str, *, usage: Mapping[str, Any] | None = None, **beside: Any) -> Sent:
    """The two embeddings of ``case.Embeddings``."""
    rows = [
        {"object": "embedding", "index": index, "embedding": numbers}
        for index, numbers in enumerate(([0.5, -0.25], [0.125, 1.0]))
    ]
    counted = {"prompt_tokens": 4, "total_tokens": 4} if usage is None else usage
    return Sent(body={"object": "list", "data": rows, "model": model, "usage": counted, **beside})


def ranking(*, documents: bool = False, **beside: Any) -> Sent:
    """The two results of ``case.Rerank``. ``documents``: with their texts."""
    texts = ("Paris is a city.", "Berlin is a city.")
    results = [
        {"index": index, "relevance_score": score, **({"document": {"text": texts[index]}} if documents else {})}
        for index, score in enumerate((0.9, 0.1))
    ]
    return Sent(body={"results": results, **beside})
