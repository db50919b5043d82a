"""What an app got, judged by its own dialect's rules: an answer, a stream, an error, or none because it left.

Written without Switchboard's wires, which it judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from tests.chaos.app import App
from tests.fake_vendor import echoed


class Ending(StrEnum):
    ANSWERED = "answered"  # whole
    STREAMED = "streamed"  # to its end
    BROKE = "broke"  # a stream that ended with an error event
    REFUSED = "refused"  # an error instead of an answer
    LEFT = "left"  # the app


def judge(app: App) -> Ending:
    """How the call ended. Raises ``AssertionError`` for what no app should ever see."""
    assert app.failure is None, f"the door let out {app.failure!r}"
    if app.left_at:
        return Ending.LEFT
    assert app.whole and app.status, "the app got no whole answer"
    assert app.headers["x-request-id"]
    if app.status != 200:
        _judge_error(app)
        return Ending.REFUSED
    if not app.asked.stream:
        assert app.headers["content-type"] == "application/json"
        text = _text_of(app.asked.dialect, json.loads(app.body))
        assert text == expected(app), f"somebody else's answer, or half of one: {text!r}"
        return Ending.ANSWERED
    return _judge_stream(app)


def expected(app: App) -> str:
    """The text of every good answer: the vendors echo."""
    return echoed({"messages": [{"content": app.says}]})


def _judge_error(app: App) -> None:
    """Exactly one error, in the dialect's envelope, that says something."""
    assert 400 <= app.status < 600, app.status
    body = json.loads(app.body)
    error = body["error"]
    assert isinstance(error["message"], str) and error["message"].strip()
    assert isinstance(error["type"], str) and error["type"]
    if app.asked.dialect == "openai":
        assert set(body) == {"error"} and {"message", "type", "param", "code"} <= set(error), body
        assert error["code"]
    else:
        assert body["type"] == "error"
    assert app.status != 500 and error.get("code") != "internal_error", f"an error nobody foresaw: {error}"
    if app.status == 429:
        assert int(app.headers["retry-after"]) >= 1


def _judge_stream(app: App) -> Ending:
    assert app.headers["content-type"].startswith("text/event-stream")
    read = _openai_stream if app.asked.dialect == "openai" else _anthropic_stream
    text, errors = read(app.body)
    if errors:
        (error,) = errors
        assert isinstance(error.get("message"), str) and error["message"] and error.get("type"), error
        assert expected(app).startswith(text), f"not the beginning of its answer: {text!r}"
        return Ending.BROKE
    assert text == expected(app), f"a stream that ended well with another text: {text!r}"
    return Ending.STREAMED


def _openai_stream(body: bytes) -> tuple[str, list[Any]]:
    """Its text and errors. After an error comes the terminator and nothing else."""
    frames = [data for _, data in _frames(body)]
    assert frames and frames[-1] == "[DONE]", f"no terminator: {body[-200:]!r}"
    assert frames.count("[DONE]") == 1
    chunks = [json.loads(frame) for frame in frames[:-1]]
    errors = [chunk["error"] for chunk in chunks if "error" in chunk]
    assert not errors or (len(errors) == 1 and "error" in chunks[-1]), "something followed the error"
    choices = [choice for chunk in chunks for choice in chunk.get("choices", ())]
    assert errors or any(choice.get("finish_reason") for choice in choices), "it ended well without a finish reason"
    return "".join(choice["delta"].get("content") or "" for choice in choices), errors


def _anthropic_stream(body: bytes) -> tuple[str, list[Any]]:
    """Its text and errors. An error is the last event, and takes the place of ``message_stop``."""
    events = []
    for name, data in _frames(body):
        event = json.loads(data)
        assert name == event["type"], f"event {name} holds a {event['type']}"
        events.append(event)
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert kinds.count("message_stop") + kinds.count("error") == 1, kinds
    assert kinds[-1] in ("message_stop", "error"), kinds
    assert kinds[0] in ("message_start", "error") and kinds.count("message_start") <= 1, kinds
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta.get("text", "") for delta in deltas), [one["error"] for one in events if "error" in one]


def _frames(body: bytes) -> Iterator[tuple[str, str]]:
    """Event names and data. Half a frame is an error."""
    assert not body or body.endswith(b"\n\n"), f"half a frame: {body[-80:]!r}"
    for frame in body.decode().split("\n\n"):
        lines = [line.partition(":") for line in frame.split("\n") if line and not line.startswith(":")]
        fields = {name: value.strip() for name, _, value in lines}
        if "data" in fields:
            yield fields.get("event", ""), fields["data"]


def _text_of(dialect: str, body: Any) -> str:
    if dialect == "openai":
        assert body["object"] == "chat.completion" and "error" not in body
        (choice,) = body["choices"]
        assert choice["finish_reason"] == "stop"
        return str(choice["message"]["content"])
    assert body["type"] == "message" and body["role"] == "assistant" and body["stop_reason"] == "end_turn"
    return "".join(block["text"] for block in body["content"])
