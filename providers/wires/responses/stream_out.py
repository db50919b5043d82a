"""Events → the named events of a Responses stream, with sequence numbers and output indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.canonical import (
    Call,
    Event,
    Failed,
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
    Usage,
    UsageReported,
)
from providers.errors import SwitchboardError, VendorFailed
from providers.wires.openai.codec import mapping
from providers.wires.openai.reply import notes_of
from providers.wires.responses.errors import frame, stream_error_fields
from providers.wires.responses.items_open import OpenCall, OpenItem, OpenMessage, OpenThought
from providers.wires.responses.names import NAME
from providers.wires.responses.reply_out import annotation, head, outcome, picture_item


class ResponsesStreamWriter:
    """``StreamWriter`` of the Responses wire. Events of further choices are passed over: this dialect has one. Parts
    that only another wire knows are left out."""

    def __init__(self, call: Call) -> None:
        self._model = call.model
        self._sequence = 0
        self._head: dict[str, Any] | None = None
        self._items: list[OpenItem] = []
        self._by_part: dict[int, OpenItem] = {}
        self._usage: Usage | None = None
        self._finish: Finished | None = None
        self._failed = False
        self._notes: list[Any] = []  # citations that came with the text

    def write(self, events: Iterable[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if self._failed:
                break
            match event:
                case Started():
                    out += self._begin(event)
                case UsageReported(usage=usage):
                    self._usage = usage
                case Finished(choice=0):
                    self._finish = event
                    out += [*self._begin(), *self._close_all(event)]
                case Failed(error=error):
                    out.append(self.fail(error if isinstance(error, SwitchboardError) else VendorFailed(str(error))))
                case TextDelta() | RefusalDelta() | ReasoningDelta() | ToolCallStarted() | ToolCallDelta():
                    out += [*self._begin(), *self._delta(event)] if event.choice == 0 else []
                    self._notes += notes_of(event.extra) if isinstance(event, TextDelta) and event.choice == 0 else []
                case MediaDelta(choice=0, media=Image(data=str(data), extra=extra)):
                    out += [*self._begin(), *self._opaque(picture_item(data, extra))]
                case OpaqueDelta(choice=0, wire=wire, value=value) if wire == NAME:
                    out += [*self._begin(), *self._opaque(value)]
                case PartStopped(choice=0, part=part):
                    out += self._stop(part)
        return b"".join(out)

    def end(self) -> bytes:
        """The response as a whole; nothing after an error, which ended the stream itself."""
        if self._failed:
            return b""
        out = [*self._begin(), *self._close_all(self._finish)]
        finish = self._finish.finish if self._finish else None
        response = (self._head or {}) | outcome(finish, [item.whole for item in self._items], self._usage)
        kind = "response.completed" if response["status"] == "completed" else "response.incomplete"
        return b"".join([*out, self._frame(kind, {"response": response})])

    def fail(self, error: SwitchboardError) -> bytes:
        self._failed = True
        frames = failure(error, self._head or head("", self._model, None), self._sequence)
        self._sequence += len(frames)
        return b"".join(frames)

    def _frame(self, kind: str, fields: Mapping[str, Any]) -> bytes:
        self._sequence += 1
        return frame(kind, {**fields, "sequence_number": self._sequence - 1})

    def _frames(self, told: Iterable[tuple[str, Mapping[str, Any]]]) -> list[bytes]:
        return [self._frame(kind, fields) for kind, fields in told]

    def _begin(self, start: Started | None = None) -> list[bytes]:
        if self._head is not None:
            return []
        start = start or Started(id="", model="")
        self._head = head(start.id, start.model or self._model, start.created)
        whole = {"response": self._head}
        return [self._frame("response.created", whole), self._frame("response.in_progress", whole)]

    def _delta(self, event: TextDelta | RefusalDelta | ReasoningDelta | ToolCallStarted | ToolCallDelta) -> list[bytes]:
        out: list[bytes] = []
        item = self._by_part.get(event.part)
        if item is None or item.closed or not item.takes(event):
            item, out = self._open(event)
        return out if item is None else out + self._frames(item.tell(event))

    def _open(self, event: Event) -> tuple[OpenItem | None, list[bytes]]:
        """The item that ``event`` goes to, a new one if need be. Empty pieces open nothing."""
        last = self._items[-1] if self._items else None
        match event:
            case TextDelta() | RefusalDelta():
                if not event.text:
                    return None, []
                if isinstance(last, OpenMessage) and not last.closed:
                    self._by_part[event.part] = last
                    return last, []
                item: OpenItem = OpenMessage(len(self._items))
            case ReasoningDelta():
                if not (event.text or event.encrypted or event.signature):
                    return None, []
                item = OpenThought(len(self._items))
            case ToolCallStarted(kind="function" | "custom"):
                item = OpenCall(len(self._items), event)
            case _:
                return None, []
        closed = self._frames(last.close()) if isinstance(last, OpenMessage) else []
        self._items.append(item)
        self._by_part[event.part] = item
        return item, closed + self._frames(item.begin())

    def _opaque(self, value: Mapping[str, Any]) -> list[bytes]:
        item = OpenItem(len(self._items))
        item.whole = dict(value)
        self._items.append(item)
        return self._frames([*item.begin(), *item.close()])

    def _stop(self, part: int) -> list[bytes]:
        item = self._by_part.get(part)
        return self._frames(item.stop(part)) if item else []

    def _close_all(self, finish: Finished | None) -> list[bytes]:
        annotations = mapping(finish.extra.get("message")).get("annotations") if finish else None
        annotations = annotations or self._notes
        messages = [item for item in self._items if isinstance(item, OpenMessage) and not item.closed]
        out: list[bytes] = []
        if messages and isinstance(annotations, list):
            out += self._frames(messages[-1].annotate([annotation(mapping(one)) for one in annotations]))
        for item in self._items:
            out += self._frames(item.close())
        return out


def failure(error: SwitchboardError, response: Mapping[str, Any], sequence: int) -> list[bytes]:
    """An ``error`` event, which OpenAI's SDKs hand on, and the failed response, which agents look for."""
    told = {"code": error.code, "message": error.message}
    failed = {**response, "status": "failed", "error": told}
    return [
        frame("error", {**stream_error_fields(error), "sequence_number": sequence}),
        frame("response.failed", {"response": failed, "sequence_number": sequence + 1}),
    ]


def write_stream_error(error: SwitchboardError) -> bytes:
    return b"".join(failure(error, head("", "", None), 0))
