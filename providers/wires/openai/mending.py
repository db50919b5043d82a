"""The pass-through lane's few corrections: where a vendor's answer would break an app that knows OpenAI's.

A finish word of the vendor's own ("eos", ""), a tool call without id or index, arguments as an object. All else goes
out as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.wires.openai.codec import encode_text, mapping, string
from providers.wires.openai.figures import OWN_WORDS, read_finish, write_finish
from providers.wires.openai.messages_in import minted_id


def odd_finish(word: Any) -> bool:
    return isinstance(word, str) and word not in OWN_WORDS


class Mender:
    """Of one answer: chunk by chunk, or whole."""

    def __init__(self) -> None:
        self._seed = ""
        self._calls: dict[int, int] = {}  # choice → its calls so far

    def mended(self, answer: Mapping[str, Any], *, part: str = "delta") -> dict[str, Any] | None:
        """``answer`` corrected, ``None`` where nothing is wrong. ``part``: "delta" of a chunk, "message" of a reply."""
        choices = answer.get("choices")
        if not isinstance(choices, list) or not choices:
            return None
        self._seed = self._seed or string(answer.get("id")) or string(answer.get("model"))
        made = [self._choice(mapping(choice), position, part) for position, choice in enumerate(choices)]
        if all(one is None for one in made):
            return None
        return {**answer, "choices": [new or old for new, old in zip(made, choices, strict=True)]}

    def _choice(self, choice: Mapping[str, Any], position: int, part: str) -> dict[str, Any] | None:
        index = choice.get("index")
        message = mapping(choice.get(part))
        calls = message.get("tool_calls")
        news: dict[str, Any] = {}
        if isinstance(calls, list) and calls:
            made = self._tool_calls(calls, index if isinstance(index, int) else position, streamed=part == "delta")
            if made is not None:
                news[part] = {**message, "tool_calls": made}
        if odd_finish(word := choice.get("finish_reason")):
            finish = read_finish(word, called=bool(calls) or position in self._calls) if word else None
            news["finish_reason"] = write_finish(finish, None) if finish else (None if part == "delta" else "stop")
        return {**choice, **news} if news else None

    def _tool_calls(self, calls: list[Any], choice: int, *, streamed: bool) -> list[Any] | None:
        made = [self._tool_call(mapping(call), choice, streamed=streamed) for call in calls]
        return None if made == calls else made

    def _tool_call(self, call: Mapping[str, Any], choice: int, *, streamed: bool) -> dict[str, Any]:
        kind = "custom" if mapping(call.get("custom")).get("name") else "function"
        inner = mapping(call.get(kind))
        starts = bool(inner.get("name"))
        number = self._calls.get(choice, 0) + starts
        if starts:
            self._calls[choice] = number
        made = dict(call)
        if streamed and not isinstance(call.get("index"), int):
            made["index"] = max(number - 1, 0)
        if starts and not call.get("id"):
            made["id"] = minted_id(self._seed, choice, number)
        if isinstance(arguments := inner.get("arguments"), dict | list):
            made[kind] = {**inner, "arguments": encode_text(arguments)}
        return made
