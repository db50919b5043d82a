"""Content blocks of a reply while they come → canonical events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    Event,
    Image,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from providers.wires.anthropic.codec import encode
from providers.wires.bedrock_converse.blocks_in import NAME, opaque, read_citations, read_redacted


class Block:
    """One content block. Text, thought and tool calls come out piece by piece; what only this wire knows is collected
    and comes out whole. Its methods raise what ``MALFORMED`` in reply_in names."""

    def __init__(self, index: int) -> None:
        self.part = index
        self.calls_tool = False  # one the app is to run
        self._open_call = False
        self._collected: dict[str, Any] = {}

    def whole(self, block: Mapping[str, Any]) -> list[Event]:
        """The events of a block that came in one piece."""
        kind, value = next(iter(block.items()))
        match kind:
            case "text":
                return [self._text(value), self._stopped()]
            case "toolUse":
                given = encode(value.get("input") or {}).decode()
                return [*self.start({"toolUse": value}), self._arguments(given), self._stopped()]
            case "reasoningContent":
                return [*self._reasoning(value.get("reasoningText") or value), self._stopped()]
            case "citationsContent":
                cited = read_citations(value)
                return [TextDelta(text=cited.text, part=self.part, extra=cited.extra), self._stopped()]
            case "image":
                return [*self._picture(value), self._stopped()]
        return [OpaqueDelta(wire=NAME, value=opaque(block).value, part=self.part), self._stopped()]

    def start(self, start: Mapping[str, Any]) -> list[Event]:
        call = start.get("toolUse")
        if call is None:
            self._collected = {kind: dict(value) for kind, value in start.items() if isinstance(value, Mapping)}
            return []
        self._open_call = True
        server = call.get("type") == "server_tool_use"
        self.calls_tool = not server
        name = _string(call, "name")
        id = _string(call, "toolUseId") or f"tooluse_{self.part}_{name}"
        return [ToolCallStarted(id=id, name=name, part=self.part, kind="server" if server else "function")]

    def delta(self, delta: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        for kind, value in delta.items():
            match kind:
                case "text":
                    events.append(self._text(value))
                case "toolUse":
                    events += [self._arguments(text)] if (text := _string(value, "input")) else []
                case "reasoningContent":
                    events += self._reasoning(value)
                case "citation":
                    cited = {"citationsContent": {"citations": [value]}}
                    events.append(TextDelta(text="", part=self.part, extra=cited))
                case _:
                    self._collect(kind, value)
        return events

    def stop(self) -> list[Event]:
        if self._open_call:
            return [self._arguments("{}"), self._stopped()]
        if "image" in self._collected:
            return [*self._picture(self._collected["image"]), self._stopped()]
        if self._collected:
            return [OpaqueDelta(wire=NAME, value=opaque(self._collected).value, part=self.part), self._stopped()]
        return [self._stopped()]

    def _text(self, text: Any) -> Event:
        if not isinstance(text, str):
            raise TypeError("text")
        return TextDelta(text=text, part=self.part)

    def _arguments(self, text: str) -> Event:
        self._open_call = False
        return ToolCallDelta(arguments=text, part=self.part)

    def _reasoning(self, value: Mapping[str, Any]) -> list[Event]:
        blob = _string(value, "redactedContent")
        return [
            ReasoningDelta(
                text=_string(value, "text"),
                signature=_string(value, "signature") or None,
                encrypted=read_redacted(blob) if blob else None,
                part=self.part,
            )
        ]

    def _picture(self, value: Mapping[str, Any]) -> list[Event]:
        data = _string(value.get("source") or {}, "bytes")
        if not data:
            return [OpaqueDelta(wire=NAME, value=opaque({"image": value}).value, part=self.part)]
        image = Image(data=data, media_type=f"image/{_string(value, 'format') or 'png'}")
        return [MediaDelta(media=image, part=self.part)]

    def _collect(self, kind: str, value: Any) -> None:
        before = self._collected.setdefault(kind, {})
        if isinstance(value, list):
            before["content"] = [*before.get("content", ()), *value]
        elif isinstance(value, Mapping):
            before |= value

    def _stopped(self) -> Event:
        return PartStopped(part=self.part)


def _string(of: Mapping[str, Any], name: str) -> str:
    value = of.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(name)
    return value
