"""Messages → input items of a Responses request, bent to what the target's vendor takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.canonical import (
    Audio,
    Call,
    Extra,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from providers.errors import UnsupportedFeature
from providers.vendors.base import Vendor
from providers.wires.openai.messages_out import replaced_id, replaced_role
from providers.wires.responses.names import CUSTOM_OUTPUT, INSTRUCTIONS, ITEM, KEPT, NAME
from providers.wires.responses.thoughts import write_own_thought, write_thought

Item = dict[str, Any]
_SPOKEN = (Text, Refusal, Image, Audio, File)


@dataclass(slots=True)
class ItemWriter:
    """Writes the items of one call. ``dropped`` collects what the vendor does not take."""

    call: Call
    vendor: Vendor
    dropped: set[str] = field(default_factory=set)
    custom: set[str] = field(
        default_factory=set
    )  # ids of calls of custom tools: their outputs have a type of their own

    @property
    def own(self) -> bool:
        return self.call.wire == NAME

    def write(self) -> list[Item]:
        return [item for message in self.call.messages for item in self._message(message)]

    def _message(self, message: Message) -> Iterator[Item]:
        if self.own and (message.extra.get(INSTRUCTIONS) or message.extra.get(KEPT)):
            return
        if message.name:
            self.dropped.add("messages.name")
        if message.role == "assistant":
            yield from self._assistant(message.parts)
            return
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        yield from (self._tool_result(result) for result in results)
        rest = [part for part in message.parts if not isinstance(part, ToolResult)]
        if message.extra.get(ITEM) is True:
            yield from (self._model_item(part) for part in rest)
        elif rest or not results:
            role = "user" if message.role == "tool" else replaced_role(message.role, self.vendor.quirks)
            extra = message.extra if self.own else {}
            yield {**extra, "type": "message", "role": role, "content": self._content(rest, role)}

    def _assistant(self, parts: Sequence[Part]) -> Iterator[Item]:
        plain = ""  # reasoning that waits for its sealed form
        for spoken, group in itertools.groupby(parts, key=lambda part: isinstance(part, _SPOKEN)):
            if spoken:
                yield from self._messages(list(group))
                continue
            for part in group:
                if isinstance(part, Reasoning):
                    item, plain = self._reasoning(part, plain)
                    yield from (item,) if item else ()
                else:
                    yield self._model_item(part)

    def _messages(self, parts: Sequence[Part]) -> Iterator[Item]:
        """What the model said, without a break: one item, or as many as there were."""
        starts = [0, *(at for at, part in enumerate(parts) if at and ITEM in _extra_of(part)), len(parts)]
        for start, end in itertools.pairwise(starts):
            content = self._content(parts[start:end], "assistant")
            yield {**self._item_fields(parts[start]), "type": "message", "role": "assistant", "content": content}

    def _item_fields(self, part: Part) -> Mapping[str, Any]:
        marked = _extra_of(part).get(ITEM)
        return marked if self.own and isinstance(marked, Mapping) else {}

    def _reasoning(self, part: Reasoning, before: str) -> tuple[Item | None, str]:
        if self.own and not part.signature:  # a signature is another vendor's: no item holds one
            return write_own_thought(part), ""
        item = write_thought(part, before, self.vendor, chat=self.call.wire == "openai")
        if item is None and not part.encrypted and not part.signature:
            self.dropped.add("messages.reasoning_content")
            return None, part.text
        if item is None:
            self.dropped.add("messages.reasoning")
        return item, ""

    def _model_item(self, part: Part) -> Item:
        if isinstance(part, ToolCall):
            return self._tool_call(part)
        if isinstance(part, ToolResult):
            return self._tool_result(part)
        if isinstance(part, Opaque) and part.wire == NAME:
            return dict(part.value)
        raise _unsupported(part)

    def _tool_call(self, call: ToolCall) -> Item:
        if call.kind == "server":
            raise UnsupportedFeature(f"The server tool {call.name!r} in the conversation is not known to Responses.")
        head = {**(call.extra if self.own else {}), "call_id": self._id(call.id), "name": call.name}
        if call.kind == "custom":
            self.custom.add(call.id)
            return {"type": "custom_tool_call", **head, "input": call.arguments}
        return {"type": "function_call", **head, "arguments": call.arguments}

    def _tool_result(self, result: ToolResult) -> Item:
        extra = dict(result.extra) if self.own else {}
        kind = extra.pop("type", None) or (CUSTOM_OUTPUT if result.call_id in self.custom else "function_call_output")
        output = self._content(result.parts, "tool")
        if result.is_error:
            failed = {"type": "input_text", "text": "Error:"}
            output = f"Error: {output}" if isinstance(output, str) else [failed, *output]
        return {**extra, "type": kind, "call_id": self._id(result.call_id), "output": output}

    def _content(self, parts: Sequence[Part], role: str) -> str | list[Item]:
        written = [self._part(part, role) for part in parts]
        if not written:
            return ""
        if len(written) == 1 and written[0].keys() == {"type", "text"}:
            return str(written[0]["text"])
        return written

    def _part(self, part: Part, role: str) -> Item:
        match part:
            case Text():
                return {"type": _text_type(role), "text": part.text, **self._extra(part.extra)}
            case Refusal():
                return {"type": "refusal", "refusal": part.text}
            case Image():
                return self._image(part)
            case Audio() if self.own or self.vendor.kind == "aggregator":  # OpenAI's own types have no place for it
                audio = {"data": part.data, "format": part.format}
                return {"type": "input_audio", "input_audio": audio, **self._extra(part.extra)}
            case File():
                return self._file(part)
            case Reasoning():
                return {"type": _text_type(role), "text": part.text}
            case Opaque(wire=wire, value=value) if wire == NAME:
                return dict(value)
        raise _unsupported(part)

    def _image(self, part: Image) -> Item:
        url = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data or ''}"
        detail = {"detail": part.detail} if part.detail else {} if self.own else {"detail": "auto"}
        return {"type": "input_image", "image_url": url, **detail, **self._extra(part.extra)}

    def _file(self, part: File) -> Item:
        if part.text is not None:
            return {"type": "input_text", "text": f"{part.name}:\n{part.text}" if part.name else part.text}
        item: Item = {"type": "input_file", **self._extra(part.extra)}
        if part.name or (part.data is not None and not self.own):
            item["filename"] = part.name or "document"
        if part.file_id is not None:
            item["file_id"] = part.file_id
        if part.url is not None:
            item["file_url"] = part.url
        if part.data is not None:
            media_type = part.media_type or (None if self.own else "application/pdf")
            item["file_data"] = f"data:{media_type};base64,{part.data}" if media_type else part.data
        return item

    def _extra(self, extra: Extra) -> Extra:
        return {name: value for name, value in extra.items() if name != ITEM} if self.own else {}

    def _id(self, call_id: str) -> str:
        return replaced_id(call_id, self.vendor.quirks.tool_call_id_pattern)


def _extra_of(part: Part) -> Extra:
    return {} if isinstance(part, Opaque) else part.extra


def _text_type(role: str) -> str:
    return "output_text" if role == "assistant" else "input_text"


def _unsupported(part: Part) -> UnsupportedFeature:
    kind = part.value.get("type", "unknown") if isinstance(part, Opaque) else type(part).__name__
    return UnsupportedFeature(f"A content part of type {kind!r} cannot be sent over the Responses wire.")
