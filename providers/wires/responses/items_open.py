"""Items of a stream that is being written: each tells its events, and knows its whole form for the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.canonical import (
    Event,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from providers.wires.folding import merged
from providers.wires.responses.reply_out import call_item, message_item, refusal_part, text_part, thought_item
from providers.wires.responses.thoughts import SUMMARY, carried

Told = Iterator[tuple[str, Mapping[str, Any]]]


class OpenItem:
    def __init__(self, index: int) -> None:
        self.index = index
        self.closed = False
        self.whole: dict[str, Any] = {}

    @property
    def place(self) -> dict[str, Any]:
        return {"item_id": self.whole.get("id", ""), "output_index": self.index}

    def takes(self, event: Event) -> bool:
        return False

    def begin(self) -> Told:
        yield "response.output_item.added", {"output_index": self.index, "item": self.whole}

    def tell(self, event: Event) -> Told:
        yield from ()

    def stop(self, part: int) -> Told:
        """A part of it ended: for most items, the item."""
        yield from self.close()

    def close(self) -> Told:
        if self.closed:
            return
        self.closed = True
        yield from self._last()
        yield "response.output_item.done", {"output_index": self.index, "item": self.whole}

    def _last(self) -> Told:
        yield from ()


class OpenMessage(OpenItem):
    """Texts and refusals that follow one another; a new part begins where the event's does."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.whole = message_item({}, status="in_progress")
        self.part: tuple[int, type] | None = None  # the one that is open
        self.text: list[str] = []

    def takes(self, event: Event) -> bool:
        return isinstance(event, TextDelta | RefusalDelta)

    @property
    def inner(self) -> dict[str, Any]:
        return {**self.place, "content_index": len(self.whole["content"]) - 1}

    def begin(self) -> Told:
        yield "response.output_item.added", {"output_index": self.index, "item": {**self.whole, "content": []}}

    def tell(self, event: Event) -> Told:
        if not isinstance(event, TextDelta | RefusalDelta) or not event.text:
            return
        if self.part != (event.part, type(event)):
            yield from self._close_part()
            self.part = (event.part, type(event))
            empty = text_part("") if isinstance(event, TextDelta) else refusal_part("")
            self.whole["content"].append(empty)
            yield "response.content_part.added", {**self.inner, "part": dict(empty)}
        self.text.append(event.text)
        if isinstance(event, TextDelta):
            yield "response.output_text.delta", {**self.inner, "delta": event.text, "logprobs": []}
        else:
            yield "response.refusal.delta", {**self.inner, "delta": event.text}

    def annotate(self, annotations: list[dict[str, Any]]) -> Told:
        """On the last part, if that is a text."""
        part = self.whole["content"][-1] if self.whole["content"] else {}
        if part.get("type") != "output_text" or self.part is None:
            return
        part["annotations"] = annotations
        for number, one in enumerate(annotations):
            fields = {**self.inner, "annotation_index": number, "annotation": one}
            yield "response.output_text.annotation.added", fields

    def stop(self, part: int) -> Told:
        """The message goes on until something else comes: more text may follow, and citations come last."""
        yield from ()

    def _close_part(self) -> Told:
        if self.part is None:
            return
        part, text = self.whole["content"][-1], "".join(self.text)
        self.part, self.text = None, []
        if part["type"] == "output_text":
            part["text"] = text
            yield "response.output_text.done", {**self.inner, "text": text, "logprobs": []}
        else:
            part["refusal"] = text
            yield "response.refusal.done", {**self.inner, "refusal": text}
        yield "response.content_part.done", {**self.inner, "part": part}

    def _last(self) -> Told:
        yield from self._close_part()
        self.whole["status"] = "completed"


class OpenThought(OpenItem):
    """Told as a summary: what apps of this dialect show."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.whole = thought_item("", None, {})
        self.text: list[str] = []
        self.part = Reasoning()  # all of it but its text

    def takes(self, event: Event) -> bool:
        return isinstance(event, ReasoningDelta)

    @property
    def inner(self) -> dict[str, Any]:
        return {**self.place, "summary_index": 0}

    def tell(self, event: Event) -> Told:
        if not isinstance(event, ReasoningDelta):
            return
        signature, encrypted = self.part.signature, self.part.encrypted
        self.part = Reasoning(
            signature=f"{signature or ''}{event.signature}" if event.signature else signature,
            encrypted=f"{encrypted or ''}{event.encrypted}" if event.encrypted else encrypted,
            extra=merged(self.part.extra, event.extra),
        )
        if not event.text:
            return
        if not self.text:
            empty = {"type": SUMMARY, "text": ""}
            yield "response.reasoning_summary_part.added", {**self.inner, "part": empty}
        self.text.append(event.text)
        yield "response.reasoning_summary_text.delta", {**self.inner, "delta": event.text}

    def _last(self) -> Told:
        text = "".join(self.text)
        if text:
            part = {"type": SUMMARY, "text": text}
            self.whole["summary"] = [part]
            yield "response.reasoning_summary_text.done", {**self.inner, "text": text}
            yield "response.reasoning_summary_part.done", {**self.inner, "part": part}
        if sealed := carried(self.part):
            self.whole["encrypted_content"] = sealed


class OpenCall(OpenItem):
    """A call of a function that got no arguments has ``{}``: "" would not parse."""

    def __init__(self, index: int, start: ToolCallStarted) -> None:
        super().__init__(index)
        self.custom = start.kind == "custom"
        self.whole = call_item(start.id, start.name, "", start.kind, start.extra, status="in_progress")
        self.text: list[str] = []

    @property
    def name(self) -> str:
        return "response.custom_tool_call_input" if self.custom else "response.function_call_arguments"

    def takes(self, event: Event) -> bool:
        return isinstance(event, ToolCallDelta)

    def tell(self, event: Event) -> Told:
        if isinstance(event, ToolCallDelta) and event.arguments:
            self.text.append(event.arguments)
            yield f"{self.name}.delta", {**self.place, "delta": event.arguments}

    def _last(self) -> Told:
        if not self.text and not self.custom:
            yield from self.tell(ToolCallDelta(arguments="{}"))
        text, field = "".join(self.text), "input" if self.custom else "arguments"
        self.whole |= {field: text, "status": "completed"}
        named = {} if self.custom else {"name": self.whole["name"]}
        yield f"{self.name}.done", {**self.place, **named, field: text}
