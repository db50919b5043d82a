"""Messages and their parts → OpenAI's chat dialect, bent to what the target's vendor takes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence, Set
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
from providers.vendors.base import Quirks
from providers.wires.openai.codec import mapping
from providers.wires.openai.messages_in import WIRE_NAME
from providers.wires.openai.reasoning import write_reasoning, write_thinking

PARAGRAPHS = "\n\n"


def replaced_role(role: str, quirks: Quirks) -> str:
    if quirks.system_role and role in ("system", "developer"):
        return quirks.system_role
    return "system" if role == "developer" and quirks.developer_as_system else role


def unwanted_fields(message: Mapping[str, Any], quirks: Quirks) -> Set[str]:
    """What the vendor refuses of a message. The name of a tool is taken even where a user's is not."""
    unwanted = quirks.message_drop & message.keys()
    return unwanted - {"name"} if message.get("role") == "tool" else unwanted


def kept_call(call: Any, quirks: Quirks, dropped: set[str]) -> Any:
    """A tool call without what the vendor refuses of one; the same object where that is nothing."""
    unwanted = quirks.call_drop & call.keys() if isinstance(call, dict) else frozenset()
    if not unwanted:
        return call
    dropped |= {f"messages.tool_calls.{name}" for name in unwanted}
    return {name: value for name, value in call.items() if name not in unwanted}


def replaced_id(call_id: str, pattern: str | None) -> str:
    """``call_id`` itself if the vendor takes it, else nine letters and digits made from it alone: a call and its result
    get the same, in this turn and in later ones."""
    if pattern is None or re.fullmatch(pattern, call_id):
        return call_id
    return hashlib.sha256(call_id.encode(errors="replace")).hexdigest()[:9]


def as_string(content: list[Any], dropped: set[str]) -> str | list[Any]:
    """``content`` joined to one text, if texts are all it holds; their other fields are ``dropped``."""
    parts = [mapping(part) for part in content]
    if not all(part.get("type") == "text" and isinstance(part.get("text"), str) for part in parts):
        return content
    dropped |= {f"messages.content.{name}" for part in parts for name in part.keys() - {"type", "text"}}
    return PARAGRAPHS.join(part["text"] for part in parts)


@dataclass(slots=True)
class MessageWriter:
    """Writes the messages of one call. ``dropped`` collects what the vendor does not take."""

    call: Call
    quirks: Quirks
    dropped: set[str] = field(default_factory=set)

    def write(self) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        pictures: list[dict[str, Any]] = []  # of tool results: they wait until the last result of the turn
        for message in self.call.messages:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            if not results and pictures:
                written.append({"role": "user", "content": pictures})
                pictures = []
            for result in results:
                written.append(self._tool_message(result, message.extra, pictures))
            written += self._message(message, has_results=bool(results))
        if pictures:
            written.append({"role": "user", "content": pictures})
        return [self._trimmed(message) for message in written]

    def _trimmed(self, message: dict[str, Any]) -> dict[str, Any]:
        if self.quirks.call_drop and "tool_calls" in message:
            message["tool_calls"] = [kept_call(call, self.quirks, self.dropped) for call in message["tool_calls"]]
        for name in unwanted_fields(message, self.quirks):
            del message[name]
            self.dropped.add(f"messages.{name}")
        return message

    def _tool_message(self, result: ToolResult, extra: Extra, pictures: list[dict[str, Any]]) -> dict[str, Any]:
        """Tool messages hold text only: pictures follow in a message of the user."""
        texts = [part for part in result.parts if isinstance(part, Text)]
        others = [part for part in result.parts if not isinstance(part, Text)]
        pictures += [self._part(part) for part in others]
        content = self._content("tool", texts or [Text(text="(see the next message)" if others else "")])
        if result.is_error and isinstance(content, str):
            content = f"Error: {content}"
        message = {"role": "tool", "tool_call_id": self._id(result.call_id), "content": content}
        return {**message, **({"name": result.name} if result.name else {}), **self._own(extra)}

    def _message(self, message: Message, *, has_results: bool) -> Iterable[dict[str, Any]]:
        parts = [part for part in message.parts if not isinstance(part, ToolResult)]
        if has_results and not parts:
            return
        role = "user" if has_results and message.role == "tool" else replaced_role(message.role, self.quirks)
        written: dict[str, Any] = {"role": role}
        if message.name:
            written["name"] = message.name
        if message.role == "assistant":
            written |= self._assistant(parts)
        else:
            written["content"] = self._content(role, parts) if parts else ""
        yield {**written, **({} if has_results else self._own(message.extra))}

    def _assistant(self, parts: Sequence[Part]) -> dict[str, Any]:
        calls = [self._tool_call(part) for part in parts if isinstance(part, ToolCall)]
        thoughts = [part for part in parts if isinstance(part, Reasoning)]
        refusals = [part.text for part in parts if isinstance(part, Refusal)]
        content = [part for part in parts if not isinstance(part, ToolCall | Reasoning | Refusal)]
        if thoughts and self.quirks.reasoning_in_content:
            own = self.call.wire == WIRE_NAME
            chunks = [write_thinking(part, signed=own) for part in thoughts if part.text]
            given = {"content": [*chunks, *(self._part(part) for part in content)]}
            return {**given, **({"tool_calls": calls} if calls else {})}
        written: dict[str, Any] = {"content": self._content("assistant", content) if content else None}
        if not content and not calls and not refusals:
            written["content"] = ""
        if refusals:
            written["refusal"] = "".join(refusals)
        if calls:
            written["tool_calls"] = calls
        return written | write_reasoning(thoughts, field=self.quirks.reasoning_fields[0])

    def _tool_call(self, call: ToolCall) -> dict[str, Any]:
        if call.kind == "server":
            raise UnsupportedFeature(
                f"The server tool {call.name!r} in the conversation is not known to the OpenAI wire."
            )
        written: dict[str, Any] = {**self._own(call.extra), "id": self._id(call.id), "type": "function"}
        if call.kind == "custom":
            return {**written, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
        return {**written, "function": {"name": call.name, "arguments": call.arguments}}

    def _content(self, role: str, parts: Sequence[Part]) -> str | list[dict[str, Any]]:
        written = [self._part(part) for part in parts]
        if self.quirks.text_as_string:
            return as_string(written, self.dropped)
        bare = [part["text"] for part in written if part.keys() == {"type", "text"} and part["type"] == "text"]
        if len(bare) < len(written):
            return written
        if len(bare) == 1:
            return str(bare[0])
        # Many servers take lists from users only; a list that came in this dialect stays one.
        translated = self.call.wire != WIRE_NAME and role != "user"
        return PARAGRAPHS.join(bare) if translated else written

    def _part(self, part: Part) -> dict[str, Any]:
        match part:
            case Text():
                return {"type": "text", "text": part.text, **self._own(part.extra)}
            case Image():
                return self._image(part)
            case Audio():
                own = self._own(part.extra)
                audio = {"data": part.data, "format": part.format} if part.format else part.data
                return {"type": "input_audio", "input_audio": audio, **own}
            case File():
                return self._file(part)
            case Refusal():
                return {"type": "refusal", "refusal": part.text, **self._own(part.extra)}
            case Reasoning():
                return {"type": "text", "text": part.text}
            case Opaque(wire=wire, value=value) if wire == WIRE_NAME:
                return dict(value)
        kind = part.value.get("type", "unknown") if isinstance(part, Opaque) else type(part).__name__
        raise UnsupportedFeature(f"A content part of type {kind!r} cannot be sent over the OpenAI wire.")

    def _image(self, part: Image) -> dict[str, Any]:
        own = dict(self._own(part.extra))
        url = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data or ''}"
        image = {**own.pop("image_url", {}), "url": url, **({"detail": part.detail} if part.detail else {})}
        return {"type": "image_url", "image_url": image, **own}

    def _file(self, part: File) -> dict[str, Any]:
        own = dict(self._own(part.extra))
        if part.text is not None:
            return {"type": "text", "text": f"{part.name}:\n{part.text}" if part.name else part.text}
        if self.quirks.document_url:
            return {**self._document(part), **own}
        file: dict[str, Any] = dict(own.pop("file", {}))
        if part.file_id:
            file["file_id"] = part.file_id
        elif part.data is not None:
            file["file_data"] = f"data:{part.media_type};base64,{part.data}" if part.media_type else part.data
        else:
            raise UnsupportedFeature("A file by URL cannot be sent over the OpenAI wire; send its data.")
        if part.name or (part.data is not None and self.call.wire != WIRE_NAME):
            file["filename"] = part.name or "document"
        return {"type": "file", "file": file, **own}

    def _document(self, part: File) -> dict[str, Any]:
        if part.file_id:
            return {"type": "file", "file_id": part.file_id}
        url = part.url or f"data:{part.media_type or 'application/pdf'};base64,{part.data or ''}"
        return {"type": "document_url", "document_url": url, **({"document_name": part.name} if part.name else {})}

    def _id(self, call_id: str) -> str:
        return replaced_id(call_id, self.quirks.tool_call_id_pattern)

    def _own(self, extra: Extra) -> Mapping[str, Any]:
        """Of another wire's fields only those the vendor is known to take too."""
        if self.call.wire == WIRE_NAME:
            return extra
        return {name: extra[name] for name in self.quirks.part_fields & extra.keys()}
