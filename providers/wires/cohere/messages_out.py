"""Canonical messages → Cohere's. Refuses by name what Cohere has no block for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.canonical import (
    Call,
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
from providers.wires.cohere.messages_in import NAME
from providers.wires.openai.codec import encode_text
from providers.wires.text_files import inlined

Written = dict[str, Any]


class MessageWriter:
    """Writes the messages of one call. ``thinks``: the model is one that takes its thinking back as a block; to
    another it goes as ``tool_plan``, which stands before tool calls only. ``dropped`` collects what found no place."""

    def __init__(self, call: Call, *, thinks: bool, dropped: set[str]) -> None:
        self.call = call
        self.native = call.wire == NAME
        self.thinks = thinks
        self.dropped = dropped

    def write(self) -> list[Written]:
        written: list[Written] = []
        for message in self.call.messages:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            written += [{**self._result(result), **self._own(message)} for result in results]
            rest = [part for part in message.parts if not isinstance(part, ToolResult)]
            if rest or not results:
                written.append({**self._message(message, rest), **self._own(message)})
        return written

    def _own(self, message: Message) -> Mapping[str, Any]:
        if self.native:
            return message.extra
        self.dropped |= {f"messages.{name}" for name, value in message.extra.items() if value and name != "citations"}
        if message.name:
            self.dropped.add("messages.name")
        return {}

    def _message(self, message: Message, parts: Sequence[Part]) -> Written:
        role = {"developer": "system", "tool": "user"}.get(message.role, message.role)
        if role != "assistant":
            return {"role": role, "content": self._content(parts)}
        calls = [part for part in parts if isinstance(part, ToolCall)]
        plans = [part for part in parts if isinstance(part, Reasoning) and self._is_plan(part, bool(calls))]
        content = [part for part in parts if not isinstance(part, ToolCall) and part not in plans]
        written: Written = {"role": role}
        if plans:
            written["tool_plan"] = "\n\n".join(part.text for part in plans)
        blocks = self._content([part for part in content if self._is_kept(part)])
        if blocks or not calls:
            written["content"] = blocks
        if calls:
            written["tool_calls"] = [self._call(part) for part in calls]
        return written

    def _is_plan(self, part: Reasoning, before_calls: bool) -> bool:
        if "tool_plan" in part.extra:
            return True
        return before_calls and not self.native and not self.thinks and bool(part.text)

    def _is_kept(self, part: Part) -> bool:
        """Thinking that no block or plan can hold is left out, by name."""
        if not isinstance(part, Reasoning) or self.native:
            return True
        if not part.text or not self.thinks:
            self.dropped.add("messages.reasoning")
        return self.thinks and bool(part.text)

    def _content(self, parts: Iterable[Part]) -> str | list[Written]:
        blocks = [self._block(part) for part in parts]
        if not blocks:
            return ""
        only = blocks[0]
        return str(only["text"]) if len(blocks) == 1 and only.keys() == {"type", "text"} else blocks

    def _block(self, part: Part) -> Written:
        match part:
            case Text() | Refusal():
                return {"type": "text", "text": part.text, **self._kept(part.extra)}
            case Reasoning():
                return {"type": "thinking", "thinking": part.text, **self._kept(part.extra)}
            case Image():
                return self._image(part)
            case File() if (text := inlined(part)) is not None:
                block = part.extra.get("block") if self.native else None
                return dict(block) if block else {"type": "text", "text": text}
            case Opaque(wire=wire, value=value) if wire == NAME:
                return dict(value)
        kind = part.value.get("type", "such") if isinstance(part, Opaque) else type(part).__name__.lower()
        raise UnsupportedFeature(f"{kind} content is not supported by Cohere", param="messages")

    def _kept(self, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        return extra if self.native else {}

    def _image(self, part: Image) -> Written:
        own = dict(self._kept(part.extra))
        url = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data or ''}"
        image = {**own.pop("image_url", {}), "url": url, **({"detail": part.detail} if part.detail else {})}
        return {"type": "image_url", "image_url": image, **own}

    def _call(self, part: ToolCall) -> Written:
        if part.kind == "server":
            raise UnsupportedFeature(f"the server tool {part.name!r} is not supported by Cohere", param="messages")
        arguments = encode_text({"input": part.arguments}) if part.kind == "custom" else part.arguments
        function = {"name": part.name, "arguments": arguments}
        return {**self._kept(part.extra), "id": part.id, "type": "function", "function": function}

    def _result(self, part: ToolResult) -> Written:
        if any(isinstance(inner, Image) for inner in part.parts) and not self.native:
            raise UnsupportedFeature("images in tool results are not supported by Cohere", param="messages")
        content = self._content(part.parts)
        if part.is_error:
            content = (
                f"Error: {content}" if isinstance(content, str) else [{"type": "text", "text": "Error:"}, *content]
            )
        return {"role": "tool", "tool_call_id": part.call_id, "content": content}
