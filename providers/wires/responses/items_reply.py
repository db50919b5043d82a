"""Output items of a reply, as they come → events. One item knows how far it has been told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Event,
    Image,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from providers.wires.openai.codec import encode_text, mapping, string
from providers.wires.openai.messages_in import minted_id
from providers.wires.responses.names import ITEM, NAME, PICTURE
from providers.wires.responses.thoughts import BREAK, INDEX, reply_extra, told

_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_PASSING = frozenset({"type", "status"})  # what an item says of itself only while it comes


class Parts:
    """Numbers the parts of a reply in the order they begin."""

    def __init__(self) -> None:
        self.count = 0
        self.thoughts = 0

    def next(self) -> int:
        self.count += 1
        return self.count - 1


class Item:
    """One output item. Its whole form, which comes last, tells what its pieces did not."""

    called = False
    refused = False

    def __init__(self, given: Mapping[str, Any], parts: Parts) -> None:
        self.kind = string(given.get("type"))
        self.parts = parts
        self.done = False

    def begin(self, given: Mapping[str, Any]) -> list[Event]:
        return []

    def piece(self, kind: str, index: int, text: str) -> list[Event]:
        """``kind`` is the middle of the event's name: output_text, refusal, function_call_arguments …"""
        return []

    def finish(self, given: Mapping[str, Any]) -> list[Event]:
        """The item as a whole. Other than the rest it may be the first that is heard of it."""
        self.done = True
        return [OpaqueDelta(wire=NAME, value=given, part=(part := self.parts.next())), PartStopped(part=part)]


class PictureItem(Item):
    """A picture that the hosted tool made. What the item says beside it rides along, for apps of this dialect."""

    def finish(self, given: Mapping[str, Any]) -> list[Event]:
        data = string(given.get("result"))
        if not data:
            return super().finish(given)
        self.done = True
        beside = {name: value for name, value in given.items() if name not in (*_PASSING, "result")}
        kind = f"image/{string(given.get('output_format')) or 'png'}"
        image = Image(data=data, media_type=kind, extra={ITEM: beside} if beside else NOTHING)
        return [MediaDelta(media=image, part=(part := self.parts.next())), PartStopped(part=part)]


class MessageItem(Item):
    def __init__(self, given: Mapping[str, Any], parts: Parts) -> None:
        super().__init__(given, parts)
        self.numbers: dict[int, int] = {}  # place in the content → part
        self.annotations: list[Any] = []
        self.heard: list[Any] = []  # annotations that came by themselves
        self.logprobs: list[Any] = []

    def piece(self, kind: str, index: int, text: str) -> list[Event]:
        if kind not in ("output_text", "refusal", "text"):
            return []
        part = self.numbers.get(index)
        if part is None:
            part = self.numbers[index] = self.parts.next()
        if kind == "refusal":
            self.refused = True
            return [RefusalDelta(text=text, part=part)]
        return [TextDelta(text=text, part=part)]

    def finish(self, given: Mapping[str, Any]) -> list[Event]:
        self.done = True
        content = given["content"] if isinstance(given.get("content"), list) else []
        if any(index >= len(content) for index in self.numbers):  # the stream counted otherwise (Bedrock)
            self.numbers = dict(enumerate(self.numbers.values()))
        events: list[Event] = []
        for index, piece in enumerate(content):
            events += self._whole(index, mapping(piece))
        if self.numbers:
            events += self._mark(given)
        return [*events, *(PartStopped(part=part) for part in self.numbers.values())]

    def _whole(self, index: int, piece: Mapping[str, Any]) -> list[Event]:
        kind = string(piece.get("type"))
        for name, into in (("annotations", self.annotations), ("logprobs", self.logprobs)):
            into += piece[name] if isinstance(piece.get(name), list) else ()
        if index in self.numbers:
            return []
        if kind in ("output_text", "refusal", "text"):
            return self.piece(kind, index, string(piece.get("refusal" if kind == "refusal" else "text")))
        self.numbers[index] = self.parts.next()
        return [OpaqueDelta(wire=NAME, value=piece, part=self.numbers[index])]

    def _mark(self, given: Mapping[str, Any]) -> list[Event]:
        first = min(self.numbers)
        beside = {name: value for name, value in given.items() if name not in (*_PASSING, "role", "content")}
        known = {name: value for name, value in beside.items() if value is not None}
        if not known or self.refused:
            return []
        return [TextDelta(text="", part=self.numbers[first], extra={ITEM: known})]


class ThoughtItem(Item):
    """A thought tells its own text where the vendor shows it, else a summary: the first that comes is told."""

    def __init__(self, given: Mapping[str, Any], parts: Parts, slug: str) -> None:
        super().__init__(given, parts)
        self.slug = slug
        self.place = 0  # among the thoughts
        self.part = -1
        self.told = ""  # which of the two
        self.index = 0

    def piece(self, kind: str, index: int, text: str) -> list[Event]:
        told = "content" if kind in ("reasoning_text", "reasoning") else "summary"
        if self.told not in ("", told) or not text:
            return []
        lead = BREAK if self.told and index != self.index else ""
        self.told, self.index = told, index
        part = self._number()
        kind = "reasoning.text" if told == "content" else "reasoning.summary"
        return [ReasoningDelta(text=lead + text, part=part, extra={"type": kind, INDEX: self.place})]

    def _number(self) -> int:
        if self.part < 0:
            self.part, self.place = self.parts.next(), self.parts.thoughts
            self.parts.thoughts += 1
        return self.part

    def finish(self, given: Mapping[str, Any]) -> list[Event]:
        self.done = True
        text = "" if self.told else told(given)[1]
        sealed = string(given.get("encrypted_content")) or None
        if not (self.told or text or sealed):
            return []
        part = self._number()
        extra = reply_extra(given, self.slug) | {INDEX: self.place}
        return [ReasoningDelta(text=text, encrypted=sealed, part=part, extra=extra), PartStopped(part=part)]


class CallItem(Item):
    def __init__(self, given: Mapping[str, Any], parts: Parts, seed: tuple[object, ...]) -> None:
        super().__init__(given, parts)
        self.seed = seed  # of a minted id
        self.part = -1
        self.empty = True

    def begin(self, given: Mapping[str, Any]) -> list[Event]:
        name = string(given.get("name"))
        if self.part >= 0 or not name:
            return []
        self.part, self.called = self.parts.next(), True
        beside = (*_PASSING, "call_id", "name", *_CALLS.values())
        extra = {name: value for name, value in given.items() if name not in beside and value is not None}
        call_id = string(given.get("call_id")) or minted_id(*self.seed)
        kind = "custom" if self.kind == "custom_tool_call" else "function"
        started = ToolCallStarted(id=call_id, name=name, part=self.part, kind=kind, extra=extra or NOTHING)  # type: ignore[arg-type]
        return [started]

    def piece(self, kind: str, index: int, text: str) -> list[Event]:
        if self.part < 0 or not text:
            return []
        self.empty = False
        return [ToolCallDelta(arguments=text, part=self.part)]

    def finish(self, given: Mapping[str, Any]) -> list[Event]:
        self.done = True
        events = self.begin(given)
        whole = given.get(_CALLS[self.kind])
        if self.empty:
            events += self.piece("", 0, encode_text(whole) if isinstance(whole, dict) else string(whole))
        return [*events, PartStopped(part=self.part)] if self.part >= 0 else events


def new_item(given: Mapping[str, Any], parts: Parts, *, slug: str, seed: tuple[object, ...]) -> Item:
    kind = string(given.get("type"))
    if kind == "message":
        return MessageItem(given, parts)
    if kind == "reasoning":
        return ThoughtItem(given, parts, slug)
    if kind == PICTURE:
        return PictureItem(given, parts)
    return CallItem(given, parts, seed) if kind in _CALLS else Item(given, parts)
