"""Where the frames of a stream hold text that goes on in the next frame, in either dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Place = tuple[int, str, int]  # choice (or block), field, and which of several (a tool call's index)


class Slot(NamedTuple):
    """``holder[name]`` is the piece of text that a frame adds at ``place``. ``json``: it is JSON; of
    any other text its beginning tells. ``frame`` makes an event that adds a text there and nothing else. ``sealed``: of
    a thought that may be signed; ``holder`` has the signature, if any."""

    place: Place
    holder: dict[str, Any]
    name: str
    json: bool
    frame: Callable[[str], dict[str, Any]]
    sealed: bool = False

    @property
    def text(self) -> str:
        value = self.holder.get(self.name)
        return value if isinstance(value, str) else ""


class Dialect(NamedTuple):
    """``slots``: those of one event. ``ends``: the choices or blocks that an event ends, ``None`` for all of them.
    ``signed``: choice, number and holder of each signature in it; a thought is whole when its signature comes."""

    slots: Callable[[dict[str, Any]], Iterator[Slot]]
    ends: Callable[[dict[str, Any]], tuple[int, ...] | None]
    signed: Callable[[dict[str, Any]], list[tuple[int, int, dict[str, Any]]]]
    names_event: bool  # whether frames have an ``event:`` line


# --- OpenAI: chat and completions ----------------------------------------------------------------
_PLAIN = ("content", "reasoning_content", "reasoning", "thinking", "refusal", "text")
_THOUGHTS = (("thinking_blocks", "thinking"), ("reasoning_details", "text"), ("reasoning_details", "summary"))


def _openai_slots(event: dict[str, Any]) -> Iterator[Slot]:
    choices = event.get("choices")
    head = {name: value for name, value in event.items() if name not in ("choices", "usage")}
    for at, choice in enumerate(choices if isinstance(choices, list) else ()):
        if not isinstance(choice, dict):
            continue
        index = _number(choice.get("index"), at)
        if isinstance(choice.get("text"), str):
            yield Slot((index, "text", 0), choice, "text", False, _Beside(head, index, "text"))
        delta = choice.get("delta")
        if isinstance(delta, dict):
            yield from _delta_slots(delta, index, head)


def _delta_slots(delta: dict[str, Any], index: int, head: Mapping[str, Any]) -> Iterator[Slot]:
    for name in _PLAIN:
        if isinstance(delta.get(name), str):
            yield Slot((index, name, 0), delta, name, False, _Delta(head, index, (name,)))
    for at, call in _objects(delta.get("tool_calls")):
        number = _number(call.get("index"), at)
        for sort, name, json in (("function", "arguments", True), ("custom", "input", False)):
            inner = call.get(sort)
            if isinstance(inner, dict) and isinstance(inner.get(name), str):
                way = _Delta(head, index, ("tool_calls", number, sort, name))
                yield Slot((index, sort, number), inner, name, json, way)
    called = delta.get("function_call")
    if isinstance(called, dict) and isinstance(called.get("arguments"), str):
        way = _Delta(head, index, ("function_call", "arguments"))
        yield Slot((index, "function_call", 0), called, "arguments", True, way)
    audio = delta.get("audio")
    if isinstance(audio, dict) and isinstance(audio.get("transcript"), str):
        yield Slot((index, "audio", 0), audio, "transcript", False, _Delta(head, index, ("audio", "transcript")))
    for field, name in _THOUGHTS:
        for at, block in _objects(delta.get(field)):
            if isinstance(block.get(name), str):
                number = _number(block.get("index"), at)
                way = _Delta(head, index, (field, number, name), _kept(block, name))
                yield Slot((index, f"{field}.{name}", number), block, name, False, way, sealed=True)
    for at, part in _objects(delta.get("content")):
        if isinstance(part.get("text"), str):
            way = _Delta(head, index, ("content", at, "text"), _kept(part, "text"))
            yield Slot((index, "content.text", at), part, "text", False, way)


def _kept(block: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key in ("type", "format") and key != name}


class _Delta:
    """Makes a chunk with one field of a delta."""

    def __init__(
        self, head: Mapping[str, Any], index: int, way: tuple[str | int, ...], beside: Mapping[str, Any] | None = None
    ) -> None:
        self._head, self._index, self._way, self._beside = head, index, way, beside or {}

    def __call__(self, text: str) -> dict[str, Any]:
        value: Any = {**self._beside, self._way[-1]: text}
        for step in reversed(self._way[:-1]):
            value = [{"index": step, **value}] if isinstance(step, int) else {step: value}
        return {**self._head, "choices": [{"index": self._index, "delta": value, "finish_reason": None}]}


class _Beside:
    """Makes a chunk with a text beside the index: of the older completions."""

    def __init__(self, head: Mapping[str, Any], index: int, name: str) -> None:
        self._head, self._index, self._name = head, index, name

    def __call__(self, text: str) -> dict[str, Any]:
        choice = {"index": self._index, self._name: text, "logprobs": None, "finish_reason": None}
        return {**self._head, "choices": [choice]}


def _openai_ends(event: dict[str, Any]) -> tuple[int, ...] | None:
    choices = event.get("choices")
    if not isinstance(choices, list) or not choices:
        return None if event.get("usage") or event.get("error") else ()
    return tuple(
        _number(choice.get("index"), at) for at, choice in _objects(choices) if choice.get("finish_reason") is not None
    )


def _openai_signed(event: dict[str, Any]) -> list[tuple[int, int, dict[str, Any]]]:
    found = []
    for at, choice in _objects(event.get("choices")):
        delta = choice.get("delta")
        told = delta if isinstance(delta, dict) else {}
        for name in ("thinking_blocks", "reasoning_details"):
            for place, block in _objects(told.get(name)):
                if block.get("signature"):
                    found.append((_number(choice.get("index"), at), _number(block.get("index"), place), block))
    return found


# --- Anthropic: messages ---------------------------------------------------------------------------
_DELTAS = {
    "text_delta": ("text", False),
    "thinking_delta": ("thinking", False),
    "input_json_delta": ("partial_json", True),
}
_ENDS_ALL = ("message_delta", "message_stop")


def _anthropic_slots(event: dict[str, Any]) -> Iterator[Slot]:
    delta = event.get("delta")
    if event.get("type") != "content_block_delta" or not isinstance(delta, dict):
        return
    kind = delta.get("type")
    name, json = _DELTAS.get(kind, ("", False)) if isinstance(kind, str) else ("", False)
    if name and isinstance(delta.get(name), str):
        index = _number(event.get("index"), 0)

        def frame(text: str) -> dict[str, Any]:
            made = {"type": kind, name: text}
            return {"type": "content_block_delta", "index": index, "delta": made}

        yield Slot((index, name, 0), delta, name, json, frame, sealed=name == "thinking")


def _anthropic_ends(event: dict[str, Any]) -> tuple[int, ...] | None:
    kind = event.get("type")
    if kind == "content_block_stop":
        return (_number(event.get("index"), 0),)
    return None if kind in _ENDS_ALL else ()


def _anthropic_signed(event: dict[str, Any]) -> list[tuple[int, int, dict[str, Any]]]:
    delta = event.get("delta")
    if isinstance(delta, dict) and delta.get("type") == "signature_delta":
        return [(_number(event.get("index"), 0), 0, delta)]
    return []


def _number(value: Any, usual: int) -> int:
    return value if type(value) is int else usual


def _objects(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((at, one) for at, one in enumerate(value if isinstance(value, list) else ()) if isinstance(one, dict))


OPENAI = Dialect(_openai_slots, _openai_ends, _openai_signed, names_event=False)
ANTHROPIC = Dialect(_anthropic_slots, _anthropic_ends, _anthropic_signed, names_event=True)


def dialect_of(endpoint: str) -> Dialect:
    return ANTHROPIC if endpoint == "messages" else OPENAI
