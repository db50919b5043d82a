"""What the mock upstream says, encoded once: OpenAI and Anthropic replies, and streams of ``CHUNKS`` chunks.

A stream is a list of byte strings; each is one HTTP chunk and one write, as a model writes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

CHUNKS = 100  # pieces of content in a stream
SLOW_CHUNKS = 12  # and in a slow one, which takes a second for each
LAST_WORD = f"word{CHUNKS - 1}"
WORDS = "Hello there! "
TEXT = WORDS * 20
INPUT, OUTPUT = 20, 100
NAME = "gpt-4o-mini-2024-07-18"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"


def whole(value: Any, *, status: str = "200 OK") -> bytes:
    """An HTTP response with a JSON body."""
    body = msgspec.json.encode(value)
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def framed(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


def openai_reply() -> bytes:
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    return whole(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": NAME,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": _openai_usage(),
            "system_fingerprint": "fp_bench",
        }
    )


def openai_stream(*, chunks: int, usage: bool) -> list[bytes]:
    """The role, the words, the finish, the usage if asked for, ``[DONE]``."""
    deltas = [{"role": "assistant", "content": ""}, *({"content": f" word{n}"} for n in range(chunks))]
    events = [_openai_chunk([_choice(delta)]) for delta in deltas]
    events.append(_openai_chunk([_choice({}, finish="stop")]))
    if usage:
        events.append(_openai_chunk([], usage=_openai_usage()))
    return [framed(b"data: %s\n\n" % event) for event in [*events, b"[DONE]"]]


def _openai_usage() -> dict[str, Any]:
    return {
        "prompt_tokens": INPUT,
        "completion_tokens": OUTPUT,
        "total_tokens": INPUT + OUTPUT,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _choice(delta: dict[str, str], *, finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _openai_chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
    facts = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": NAME}
    return msgspec.json.encode({**facts, "choices": choices, **more})


def anthropic_reply() -> bytes:
    usage = {"input_tokens": INPUT, "output_tokens": OUTPUT}
    return whole(_anthropic_message([{"type": "text", "text": TEXT}], stop="end_turn", usage=usage))


def anthropic_stream(*, chunks: int) -> list[bytes]:
    start = _anthropic_message([], stop=None, usage={"input_tokens": INPUT, "output_tokens": 1})
    events: Iterable[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(_text_delta(f" word{n}") for n in range(chunks)),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT},
        },
        {"type": "message_stop"},
    ]
    return [framed(b"event: %s\ndata: %s\n\n" % (one["type"].encode(), msgspec.json.encode(one))) for one in events]


def _text_delta(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def _anthropic_message(content: list[Any], *, stop: str | None, usage: dict[str, int]) -> dict[str, Any]:
    return {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "claude-bench",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


MODELS = whole({"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model", "owned_by": "bench"}]})
NOT_FOUND = whole({"error": {"message": "No such page.", "type": "invalid_request_error"}}, status="404 Not Found")
BAD_REQUEST = whole({"error": {"message": "Bad body.", "type": "invalid_request_error"}}, status="400 Bad Request")
