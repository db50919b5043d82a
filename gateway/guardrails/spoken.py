"""What a whole reply says: its answers, all its texts, and what else of it would tell them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.guardrails.dialects import reply_shape
from gateway.guardrails.fields import Fields, walked


def answers_of(told: Any, endpoint: str) -> list[str]:
    """The answer of each choice. A choice that only calls tools has none."""
    if not isinstance(told, dict):
        return []
    if endpoint == "messages":
        blocks = [one for one in _objects(told.get("content")) if one.get("type") == "text"]
        return ["".join(str(one.get("text", "")) for one in blocks)] if blocks else []
    return [text for choice in _objects(told.get("choices")) if (text := _answer(choice))]


def _answer(choice: dict[str, Any]) -> str:
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else choice.get("text")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in _objects(content))
    return content if isinstance(content, str) else ""


def said_in(told: Any, endpoint: str) -> list[str]:
    """Every text of it. Raises ``TooDeep``."""
    shape = reply_shape(endpoint)
    if shape is None:
        return []
    fields = Fields()
    walked(told, shape, fields)
    return [text for text, _ in fields.found]


def without_logprobs(told: dict[str, Any]) -> dict[str, Any]:
    """They spell every text again, token by token."""
    choices = told.get("choices")
    if not any(choice.get("logprobs") for choice in _objects(choices)):
        return told
    return {**told, "choices": [{**one, "logprobs": None} if "logprobs" in one else one for one in _objects(choices)]}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))
