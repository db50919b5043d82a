"""Events of one reply → the Reply. Every wire reads whole replies through its stream reader and this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import (
    NOTHING,
    Choice,
    Event,
    Extra,
    Failed,
    Finished,
    MediaDelta,
    Opaque,
    OpaqueDelta,
    Part,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)

PartEvent = TextDelta | RefusalDelta | ReasoningDelta | ToolCallStarted | ToolCallDelta | MediaDelta | OpaqueDelta


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Extra:
    """``old`` with ``new`` laid over it: mappings merge, lists join, ``None`` changes nothing, all else replaces."""
    if not old or not new:
        return new or old
    result = dict(old)
    for key, value in new.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[key] = before + value
        elif value is not None or key not in result:
            result[key] = value
    return result


class _PartFold:
    """The pieces of one part, in the order they came."""

    def __init__(self, first: PartEvent) -> None:
        self.first = first
        self.texts: list[str] = []
        self.extra: Extra = NOTHING
        self.signature: str | None = None
        self.encrypted: str | None = None

    def add(self, event: PartEvent) -> None:
        match event:
            case TextDelta():
                self.texts.append(event.text)
                self.extra = merged(self.extra, event.extra)
            case RefusalDelta():
                self.texts.append(event.text)
            case ReasoningDelta():
                self.texts.append(event.text)
                self.extra = merged(self.extra, event.extra)
                self.signature = _joined(self.signature, event.signature)
                self.encrypted = _joined(self.encrypted, event.encrypted)
            case ToolCallStarted():
                self.first = event
                self.extra = merged(self.extra, event.extra)
            case ToolCallDelta():
                self.texts.append(event.arguments)
            case OpaqueDelta():
                self.extra = merged(self.extra, event.value)

    def part(self) -> Part:
        text = "".join(self.texts)
        match self.first:
            case TextDelta():
                return Text(text=text, extra=self.extra)
            case RefusalDelta():
                return Refusal(text=text)
            case ReasoningDelta():
                return Reasoning(text=text, signature=self.signature, encrypted=self.encrypted, extra=self.extra)
            case ToolCallStarted(id=id, name=name, kind=kind):
                arguments = text if kind == "custom" else text or "{}"
                return ToolCall(id=id, name=name, arguments=arguments, kind=kind, extra=self.extra)
            case MediaDelta(media=media):
                return media
            case OpaqueDelta(wire=wire):
                return Opaque(wire=wire, value=self.extra)
        return ToolCall(id="", name="", arguments=text or "{}")  # arguments of a call that never started


def _joined(before: str | None, more: str | None) -> str | None:
    return more if before is None else before + (more or "")


def _family(event: PartEvent) -> type:
    return ToolCallStarted if isinstance(event, ToolCallDelta) else type(event)


class _ChoiceFold:
    def __init__(self) -> None:
        self.parts: dict[tuple[int, type], _PartFold] = {}  # one index used for two kinds gives two parts
        self.finished: Finished | None = None
        self.extra: Extra = NOTHING

    def add(self, event: PartEvent) -> None:
        key = (event.part, _family(event))
        self.parts.setdefault(key, _PartFold(event)).add(event)

    def finish(self, event: Finished) -> None:
        self.finished = event
        self.extra = merged(self.extra, event.extra)

    def choice(self, index: int) -> Choice:
        ordered = sorted(self.parts.items(), key=lambda item: item[0][0])  # stable: within an index, as they came
        done = self.finished
        return Choice(
            index=index,
            parts=tuple(fold.part() for _, fold in ordered),
            finish=done.finish if done else None,
            raw_finish=done.raw if done else None,
            extra=self.extra,
        )


def fold_events(events: Sequence[Event]) -> Reply:
    """The reply that ``events`` tell of, choices by index, parts by index. Raises the error of a ``Failed``."""
    start = Started(id="", model="")
    usage: Usage | None = None
    choices: dict[int, _ChoiceFold] = {}
    for event in events:
        match event:
            case Failed():
                raise event.error
            case Started():
                start = _started(start, event)
            case UsageReported():
                usage = event.usage
            case Finished():
                choices.setdefault(event.choice, _ChoiceFold()).finish(event)
            case TextDelta() | RefusalDelta() | ReasoningDelta() | ToolCallStarted() | ToolCallDelta():
                choices.setdefault(event.choice, _ChoiceFold()).add(event)
            case MediaDelta() | OpaqueDelta():
                choices.setdefault(event.choice, _ChoiceFold()).add(event)
    return Reply(
        id=start.id,
        model=start.model,
        choices=tuple(choices[index].choice(index) for index in sorted(choices)),
        usage=usage,
        created=start.created,
        extra=start.extra,
    )


def _started(old: Started, new: Started) -> Started:
    """A second ``Started`` fills in what the first left empty (Azure's first chunk has no id)."""
    return Started(
        id=new.id or old.id,
        model=new.model or old.model,
        created=new.created or old.created,
        extra=merged(old.extra, new.extra),
    )
