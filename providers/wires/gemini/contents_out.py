"""A Call's messages → ``systemInstruction`` and ``contents``.

Google wants the results of one turn of calls in one content, in the order of the calls, straight after them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from providers.canonical import Call, Message, Opaque, ToolCall, ToolResult
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.anthropic.codec import without
from providers.wires.gemini.codec import NAME, signature_in
from providers.wires.gemini.families import Traits
from providers.wires.gemini.parts_out import CARRIED, GeminiPart, write_part, write_result

SYSTEM_ROLES = ("system", "developer")
# Takes the place of a signature the history does not have: a turn of another model's, or an app that lost it
# (ai.google.dev/gemini-api/docs/thought-signatures, "FAQs").
NO_SIGNATURE = "skip_thought_signature_validator"


class Conversation(NamedTuple):
    system: dict[str, Any] | None
    contents: list[dict[str, Any]]


def write_contents(call: Call, traits: Traits, dropped: list[str]) -> Conversation:
    """Raises ``UnsupportedFeature`` for content Google has no part for, ``RequestRejected`` for a tool result that
    answers no call."""
    writer = _Writer(call, traits, dropped)
    return writer.native() if call.wire == NAME else writer.translated()


class _Writer:
    def __init__(self, call: Call, traits: Traits, dropped: list[str]) -> None:
        self._messages = call.messages
        self._traits = traits
        self._dropped = dropped
        self._native = call.wire == NAME
        self._names: dict[str, str] = {}  # of the functions called, by call id
        self._order: dict[str, int] = {}  # in which the calls came
        self._waiting: list[ToolResult] = []
        self._contents: list[dict[str, Any]] = []

    def native(self) -> Conversation:
        """As it came: the leading system message is ``systemInstruction``."""
        messages = list(self._messages)
        system = {"parts": self._parts(messages.pop(0))} if messages and messages[0].role in SYSTEM_ROLES else None
        for message in messages:
            role = "model" if message.role == "assistant" else "user"
            self._contents.append({"role": role, "parts": self._parts(message), **message.extra})
        return Conversation(system, self._contents)

    def translated(self) -> Conversation:
        system: list[GeminiPart] = []
        for message in self._messages:
            self._note_fields(message)
            self._waiting += [part for part in message.parts if isinstance(part, ToolResult)]
            parts = self._parts(message)
            if message.role in SYSTEM_ROLES:
                system += parts
            elif message.role == "assistant":
                self._turn("model", self._signed(message, parts))
            else:
                self._turn("user", parts)
        self._answer()
        if not self._contents:
            if not system:
                raise UnsupportedFeature("messages without any content are not supported by the Gemini API")
            system, self._contents = [], [{"role": "user", "parts": system}]  # nobody else spoke: this is the question
        return Conversation({"parts": system} if system else None, self._contents)

    def _parts(self, message: Message) -> list[GeminiPart]:
        parts: list[GeminiPart] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                if self._native:
                    parts += write_result(part, part.name or "", nested=True, native=True)
                continue
            if not self._native and not isinstance(part, Opaque) and part.extra.get("cache_control"):
                self._dropped.append("messages.cache_control")  # Google caches by itself
            written = write_part(part, native=self._native, dropped=self._dropped)
            parts += [written] if written is not None else []
        return parts

    def _turn(self, role: str, parts: list[GeminiPart]) -> None:
        """Adds a turn; the model's are joined, because parallel calls must stand in one."""
        if not parts:
            return
        self._answer()
        last = self._contents[-1] if self._contents else None
        if last is not None and role == "model" == last["role"]:
            last["parts"] += parts
        else:
            self._contents.append({"role": role, "parts": parts})

    def _signed(self, message: Message, parts: list[GeminiPart]) -> list[GeminiPart]:
        """``parts`` with the signatures that came back beside them."""
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        self._names |= {call.id: call.name for call in calls}
        for call in calls:
            self._order.setdefault(call.id, len(self._order))
        signature = signature_in(message.extra)
        if signature is not None and not any("thoughtSignature" in part for part in parts if "text" in part):
            at = next((place for place, part in enumerate(parts) if "functionCall" in part), len(parts))
            parts.insert(at, {"text": "", "thoughtSignature": signature})
        made = [part for part in parts if "functionCall" in part]
        if made and self._traits.needs_signature and not any("thoughtSignature" in part for part in made):
            made[0]["thoughtSignature"] = NO_SIGNATURE
        return parts

    def _answer(self) -> None:
        """One content with all results that came since the calls, in the order of the calls."""
        ordered = sorted(self._waiting, key=lambda result: self._order.get(result.call_id, len(self._order)))
        written = [self._result(result) for result in ordered]
        if written:
            media = [part for parts in written for part in parts[1:]]
            self._contents.append({"role": "user", "parts": [parts[0] for parts in written] + media})
        self._waiting = []

    def _result(self, result: ToolResult) -> list[GeminiPart]:
        name = self._names.get(result.call_id) or result.name
        if not name:
            raise RequestRejected(f"no tool call has the id {result.call_id[:100]!r}", param="messages")
        return write_result(result, name, nested=self._traits.result_media, native=False)

    def _note_fields(self, message: Message) -> None:
        if message.name:
            self._dropped.append("messages.name")
        self._dropped += [f"messages.{key}" for key, value in without(message.extra, *CARRIED).items() if value]
