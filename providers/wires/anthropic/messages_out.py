"""A Call's messages → Anthropic's ``system`` and ``messages``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from providers.canonical import Call, Message
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.blocks_out import Block, write_block
from providers.wires.anthropic.codec import NAME

SYSTEM_ROLES = ("system", "developer")
OPENING = "."  # stands in for the user turn that a conversation must begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    system: list[Block]
    messages: list[dict[str, Any]]


def write_messages(call: Call, dropped: list[str]) -> Conversation:
    """The conversation of ``call``. What Anthropic would refuse is left out and named in ``dropped``.

    Raises ``UnsupportedFeature`` for content Anthropic has no block for.
    """
    return _native(call) if call.wire == NAME else _translated(call, dropped)


def _native(call: Call) -> Conversation:
    """As it came: the leading system message is the ``system`` field, later ones stay where they stood."""
    messages = list(call.messages)
    system: list[Block] = []
    if messages and messages[0].role in SYSTEM_ROLES:
        system = _blocks(messages.pop(0), native=True, dropped=[])
    return Conversation(system=system, messages=[_as_it_came(message) for message in messages])


def _as_it_came(message: Message) -> dict[str, Any]:
    said = {"content": _blocks(message, native=True, dropped=[])} if message.parts or not message.extra else {}
    return {"role": _role(message), **said, **message.extra}


def _translated(call: Call, dropped: list[str]) -> Conversation:
    system: list[Block] = []
    messages: list[dict[str, Any]] = []
    for message in call.messages:
        _note_fields(message, dropped)
        blocks = _blocks(message, native=False, dropped=dropped)
        if message.role in SYSTEM_ROLES:
            system += blocks
        elif blocks:
            _append(messages, _role(message), blocks)
    if system and not messages:
        system, messages = [], [{"role": "user", "content": system}]  # nobody else spoke: this is the question
    if not messages:
        raise UnsupportedFeature("messages without any visible text are not supported by the Anthropic API")
    if messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [{"type": "text", "text": OPENING}]})
    _trim_prefill(messages)
    return Conversation(system=system, messages=messages)


def _role(message: Message) -> str:
    if message.role in SYSTEM_ROLES:
        return "system"
    return "assistant" if message.role == "assistant" else "user"


def _blocks(message: Message, *, native: bool, dropped: list[str]) -> list[Block]:
    written: Iterable[Block | None] = (write_block(p, native=native, dropped=dropped) for p in message.parts)
    blocks = [block for block in written if block is not None]
    mark = message.extra.get("cache_control")
    if blocks and mark is not None and not native:  # on a message, as some OpenAI clients spell it
        blocks[-1].setdefault("cache_control", mark)
    return blocks


def _note_fields(message: Message, dropped: list[str]) -> None:
    if message.name:
        dropped.append("messages.name")
    dropped.extend(f"messages.{key}" for key, value in message.extra.items() if value and key != "cache_control")


def _append(messages: list[dict[str, Any]], role: str, blocks: list[Block]) -> None:
    """Adds a turn, or joins it to the last one of the same role. Tool results must open a user turn."""
    if messages and messages[-1]["role"] == role:
        blocks = messages.pop()["content"] + blocks
    if role == "user":
        blocks = sorted(blocks, key=lambda block: block["type"] != "tool_result")
    messages.append({"role": role, "content": blocks})


def _trim_prefill(messages: list[dict[str, Any]]) -> None:
    """Anthropic refuses a last assistant turn that ends in white space."""
    if messages[-1]["role"] == "assistant":
        last = messages[-1]["content"][-1]
        if last["type"] == "text":
            last["text"] = last["text"].rstrip()
