"""What of a stored exchange is shown to the judge: the conversation and the answer, as plain text. Pure.

Requests and answers are kept in the app's own dialect, streams frame by frame; what holds no text is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Spoken(NamedTuple):
    asked: str
    answered: str


def spoken(plain: bytes) -> Spoken | None:
    """``plain``: opened content. ``None`` where it cannot be read, or one side said nothing."""
    stored = _json(plain.decode("utf-8", "replace"))
    if not isinstance(stored, dict):
        return None
    asked, answered = conversation(str(stored.get("request", ""))), answer(str(stored.get("answer", "")))
    return Spoken(asked, answered) if asked.strip() and answered.strip() else None


def conversation(request: str) -> str:
    """Who said what, in order."""
    body = _json(request)
    if not isinstance(body, dict):
        return ""
    said = [("system", body.get("system")), ("system", body.get("instructions"))]
    for name in ("messages", "input"):
        turns = body.get(name)
        said += [("user", turns)] if isinstance(turns, str) else []
        for turn in turns if isinstance(turns, list) else ():
            if isinstance(turn, dict):
                said.append((str(turn.get("role", "user")), turn.get("content")))
    said.append(("user", body.get("prompt")))
    return "\n\n".join(f"{who}: {text}" for who, text in ((who, _text(one)) for who, one in said) if text)


def answer(stored: str) -> str:
    """The text of a whole reply, or of a stream's frames joined."""
    body = _json(stored)
    if isinstance(body, dict):
        return _whole(body)
    return "".join(_delta(frame) for frame in _frames(stored))


def _whole(body: Mapping[str, Any]) -> str:
    choices = body.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        return _text(message.get("content")) if isinstance(message, dict) else _text(choices[0].get("text"))
    if isinstance(body.get("output"), list):
        return "\n".join(filter(None, (_text(one.get("content")) for one in body["output"] if isinstance(one, dict))))
    return _text(body.get("content"))


def _delta(frame: Mapping[str, Any]) -> str:
    choices = frame.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        delta = choices[0].get("delta")
        return _text(delta.get("content")) if isinstance(delta, dict) else _text(choices[0].get("text"))
    delta = frame.get("delta")
    if isinstance(delta, str):
        return delta if str(frame.get("type", "")).endswith("output_text.delta") else ""
    return _text(delta.get("text")) if isinstance(delta, dict) else ""


def _frames(stored: str) -> Iterator[Mapping[str, Any]]:
    for line in stored.splitlines():
        if line.startswith("data:"):
            frame = _json(line[5:])
            if isinstance(frame, dict):
                yield frame


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    texts = (one.get("text") for one in content if isinstance(one, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
