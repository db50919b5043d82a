"""Chunks of a vendor's stream → events. A whole reply is one chunk whose delta is the message."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Event,
    Extra,
    Finish,
    Finished,
    Image,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.vendors.base import Quirks
from providers.wires.folding import merged
from providers.wires.openai.codec import encode_text, mapping, string
from providers.wires.openai.figures import read_finish, usage_in
from providers.wires.openai.messages_in import WIRE_NAME, minted_id
from providers.wires.openai.reasoning import FIELDS, LISTS, Thought, read_thoughts, thinking_chunk

_TOP = frozenset({"id", "model", "created", "object", "choices", "usage", "x_groq", "error", "obfuscation"})
_CHOICE = frozenset({"index", "delta", "message", "finish_reason", "text", "usage"})
_MEDIA = ("audio", "images")
_MESSAGE = frozenset({"role", "content", "refusal", "tool_calls", "function_call", "name", *_MEDIA, *FIELDS, *LISTS})


class _Call:
    """A tool call in the making; arguments wait until its name is known."""

    def __init__(self, part: int) -> None:
        self.part = part
        self.id = ""
        self.name = ""
        self.waiting = ""


class _Choice:
    """One choice: which part is open, which calls there are, what came beside the parts."""

    def __init__(self, index: int, seed: Hashable) -> None:
        self.index = index
        self.seed = seed  # of minted tool call ids
        self.parts = 0
        self.open: tuple[str, Hashable] | None = None
        self.closing = False  # the open reasoning block got its signature
        self.calls: dict[Hashable, _Call] = {}
        self.last_call: _Call | None = None
        self.extra: Extra = NOTHING
        self.refused = False
        self.finished = False

    def _turn(self, kind: str, block: Hashable = None) -> list[Event]:
        """Opens a part of ``kind`` unless it is the open one."""
        if self.open == (kind, block) and not self.closing:
            return []
        stopped = self.stop()
        self.open, self.closing = (kind, block), False
        self.parts += 1
        return stopped

    def stop(self) -> list[Event]:
        if self.open is None:
            return []
        self.open = None
        return [PartStopped(choice=self.index, part=self.parts - 1)]

    def message(self, message: Mapping[str, Any], fields: tuple[str, ...]) -> list[Event]:
        events: list[Event] = []
        for thought in read_thoughts(message, fields):
            events += self._think(thought)
        events += self._content(message.get("content"))
        if refusal := string(message.get("refusal")):
            self.refused = True
            events += self._turn("refusal")
            events.append(RefusalDelta(text=refusal, choice=self.index, part=self.parts - 1))
        calls = message.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            events += self._tool_call(mapping(call), position)
        if any(mapping(message.get("function_call")).values()):
            events += self._tool_call({"index": "function_call", "function": message["function_call"]}, 0)
        images = message.get("images")
        for image in images if isinstance(images, list) else ():
            events += self._image(mapping(image))
        if any(mapping(message.get("audio")).values()):
            events += self._opaque({"audio": message["audio"]})
        beside = {name: value for name, value in message.items() if name not in _MESSAGE and value is not None}
        if beside:
            self.extra = merged(self.extra, {"message": beside})
        return events

    def _think(self, thought: Thought) -> list[Event]:
        events = self._turn("reasoning", thought.block)
        self.closing = thought.closes
        delta = ReasoningDelta(
            text=thought.text,
            signature=thought.signature,
            encrypted=thought.encrypted,
            choice=self.index,
            part=self.parts - 1,
            extra=thought.extra,
        )
        return [*events, delta]

    def _content(self, content: Any) -> list[Event]:
        if isinstance(content, str):
            return self._text(content) if content else []
        events: list[Event] = []
        for chunk in content if isinstance(content, list) else ():
            events += self._text(chunk) if isinstance(chunk, str) else self._content_chunk(mapping(chunk))
        return events

    def _content_chunk(self, chunk: Mapping[str, Any]) -> list[Event]:
        kind = chunk.get("type")
        if kind in ("thinking", "reasoning"):
            thought = thinking_chunk(chunk)
            return self._think(thought) if thought.text or thought.closes else []
        if kind in ("text", "output_text"):
            extra = {name: value for name, value in chunk.items() if name not in ("type", "text")}
            return self._text(string(chunk.get("text")), extra)
        return self._opaque(chunk) if chunk else []

    def _text(self, text: str, extra: Extra = NOTHING) -> list[Event]:
        events = self._turn("text")
        return [*events, TextDelta(text=text, choice=self.index, part=self.parts - 1, extra=extra)]

    def _image(self, given: Mapping[str, Any]) -> list[Event]:
        """A picture the model made, as OpenRouter sends it."""
        url = string(mapping(given.get("image_url")).get("url"))
        if not url:
            return []
        head, _, data = url.partition(";base64,")
        inline = bool(data) and head.startswith("data:")
        media = Image(data=data, media_type=head[5:]) if inline else Image(url=url)
        events = self._turn("image", self.parts)
        return [*events, MediaDelta(media=media, choice=self.index, part=self.parts - 1)]

    def _opaque(self, value: Mapping[str, Any]) -> list[Event]:
        events = self._turn("opaque", self.parts)
        return [*events, OpaqueDelta(wire=WIRE_NAME, value=value, choice=self.index, part=self.parts - 1)]

    def _tool_call(self, given: Mapping[str, Any], position: int) -> list[Event]:
        custom = mapping(given.get("custom"))
        custom = custom if any(custom.values()) else {}  # Snowflake fills in an empty one
        function = custom or mapping(given.get("function"))
        name, call_id = string(function.get("name")), string(given.get("id"))
        call, events = self._which(given, position, name, call_id)
        pieces = function.get("input" if custom else "arguments")
        call.waiting += encode_text(pieces) if isinstance(pieces, dict | list) else string(pieces)
        call.id = call.id or call_id
        if not call.name and name:
            call.name = name
            kind = "custom" if custom or given.get("type") == "custom" else "function"
            beside = {
                key: value for key, value in given.items() if key not in ("id", "index", "type", "function", "custom")
            }
            call.id = call.id or minted_id(self.seed, self.index, call.part)
            events.append(
                ToolCallStarted(
                    id=call.id,
                    name=name,
                    choice=self.index,
                    part=call.part,
                    kind=kind,  # type: ignore[arg-type]
                    extra=beside or NOTHING,
                )
            )
        if call.name and call.waiting:
            events.append(ToolCallDelta(arguments=call.waiting, choice=self.index, part=call.part))
            call.waiting = ""
        return events

    def _which(self, given: Mapping[str, Any], position: int, name: str, call_id: str) -> tuple[_Call, list[Event]]:
        """The call a piece belongs to: by index, else by id, else the last one unless it has a name of its own.

        An index that comes again with another id and a name is a new call (Gemini sends every call as index 0).
        """
        index = given.get("index")
        key: Hashable = index if isinstance(index, int | str) else call_id or None
        known = self.calls.get(key) if key is not None else None if name else self.last_call
        if known and name and known.name and call_id and known.id != call_id:
            known = self.calls.get(("again", call_id))
            key = ("again", call_id)
        if known:
            self.last_call = known
            return known, []
        events = self._turn("tool", self.parts)
        self.last_call = self.calls[("at", position, self.parts) if key is None else key] = _Call(self.parts - 1)
        return self.last_call, events

    def finish(self, word: str) -> list[Event]:
        """``word`` is "" where the vendor gave none."""
        self.finished = True
        called = any(call.name for call in self.calls.values())
        finish = read_finish(word, called=called, refused=self.refused) if word else None
        finish = finish or (Finish.TOOL_CALLS if called else Finish.UNKNOWN)
        return [*self.stop(), Finished(finish=finish, raw=word or None, choice=self.index, extra=self.extra)]


class ChunkReader:
    """Takes decoded chunks; knows nothing of framing or errors."""

    def __init__(self, quirks: Quirks, *, whole: bool = False) -> None:
        self.quirks = quirks
        self._of_choice = ("message", "delta") if whole else ("delta", "message")  # Perplexity sends both in both
        self.started = False
        self.choices: dict[int, _Choice] = {}
        self._seed: Hashable = ""

    @property
    def finished(self) -> bool:
        """Every choice that began has its finish reason."""
        return bool(self.choices) and all(choice.finished for choice in self.choices.values())

    def read(self, chunk: Mapping[str, Any]) -> list[Event]:
        choices = chunk.get("choices")
        choices = choices if isinstance(choices, list) else []
        events = self._start(chunk) if not self.started and (choices or chunk.get("id")) else []
        for position, given in enumerate(choices):
            events += self._choice(mapping(given), position)
        if usage := usage_in(chunk, self.quirks):
            events.append(UsageReported(usage=usage))
        return events

    def _start(self, chunk: Mapping[str, Any]) -> list[Event]:
        self.started = True
        reply_id, model, created = string(chunk.get("id")), string(chunk.get("model")), chunk.get("created")
        self._seed = (reply_id, model, created if isinstance(created, int) else 0)
        extra = {name: value for name, value in chunk.items() if name not in _TOP and value is not None}
        started = Started(
            id=reply_id,
            model=model,
            created=created if isinstance(created, int) else None,
            extra=extra or NOTHING,
        )
        return [started]

    def _choice(self, given: Mapping[str, Any], position: int) -> list[Event]:
        index = given.get("index")
        index = index if isinstance(index, int) else position
        choice = self.choices.get(index) or self.choices.setdefault(index, _Choice(index, self._seed))
        first, second = self._of_choice
        message = given.get(first)
        if not isinstance(message, dict):  # MiniMax ends a stream with the whole message: all of it was told before
            message = {} if choice.parts else mapping(given.get(second))
        events = choice.message(message, self.quirks.reasoning_fields)
        beside = {name: value for name, value in given.items() if name not in _CHOICE and value is not None}
        if beside:
            choice.extra = merged(choice.extra, beside)
        word = string(given.get("finish_reason"))
        return events + choice.finish(word) if word and not choice.finished else events

    def end(self) -> list[Event]:
        """The vendor's terminator came: choices that got no finish reason end here."""
        return [event for choice in self.choices.values() if not choice.finished for event in choice.finish("")]
