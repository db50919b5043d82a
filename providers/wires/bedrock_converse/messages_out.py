"""A Call's messages → Converse's ``system`` and ``messages``."""

from __future__ import annotations

from typing import Any

from providers.canonical import Call, Message
from providers.errors import UnsupportedFeature
from providers.wires.bedrock_converse.blocks_in import NAME
from providers.wires.bedrock_converse.blocks_out import BlockWriter, cache_point
from providers.wires.bedrock_converse.media import Block

SYSTEM_ROLES = ("system", "developer")
OPENING = "."  # stands in for words where Bedrock wants some and the app had none
Said = tuple[list[Block], list[dict[str, Any]]]


def write_messages(call: Call, dropped: list[str], *, signs: bool = True) -> Said:
    """``system`` and ``messages``. What Bedrock would refuse is left out and named in ``dropped``.

    Raises ``UnsupportedFeature`` for content Converse has no block for.
    """
    writer = BlockWriter(native=call.wire == NAME, dropped=dropped, signs=signs)
    return _native(call, writer) if writer.native else _translated(call, writer)


def _native(call: Call, writer: BlockWriter) -> Said:
    messages = list(call.messages)
    system: list[Block] = []
    if messages and messages[0].role in SYSTEM_ROLES:
        system = _blocks(messages.pop(0), writer)
    written = [{"role": _role(one), "content": _blocks(one, writer), **one.extra} for one in messages]
    return system, written


def _translated(call: Call, writer: BlockWriter) -> Said:
    system: list[Block] = []
    messages: list[dict[str, Any]] = []
    for message in call.messages:
        _note_fields(message, writer.dropped)
        blocks = _blocks(message, writer)
        if message.role in SYSTEM_ROLES:
            system += blocks
        elif blocks:
            _append(messages, _role(message), blocks)
    if system and not messages:
        system, messages = [], [{"role": "user", "content": system}]  # nobody else spoke: this is the question
    if not messages:
        raise UnsupportedFeature("messages without any visible text are not supported by Amazon Bedrock")
    if messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [{"text": OPENING}]})
    _give_documents_words(messages)
    _trim_prefill(messages)
    return system, messages


def _role(message: Message) -> str:
    if message.role in SYSTEM_ROLES:
        return "system"
    return "assistant" if message.role == "assistant" else "user"


def _blocks(message: Message, writer: BlockWriter) -> list[Block]:
    blocks = [block for part in message.parts for block in writer.write(part)]
    mark = message.extra.get("cache_control")
    if blocks and isinstance(mark, dict) and not writer.native and "cachePoint" not in blocks[-1]:
        blocks.append(cache_point(mark))  # on a message, as some OpenAI clients spell it
    return blocks


def _note_fields(message: Message, dropped: list[str]) -> None:
    if message.name:
        dropped.append("messages.name")
    dropped.extend(f"messages.{key}" for key, value in message.extra.items() if value and key != "cache_control")


def _append(messages: list[dict[str, Any]], role: str, blocks: list[Block]) -> None:
    """Adds a turn, or joins it to the last one of the same role: Bedrock wants them to alternate."""
    if messages and messages[-1]["role"] == role:
        blocks = messages.pop()["content"] + blocks
    messages.append({"role": role, "content": blocks})


def _give_documents_words(messages: list[dict[str, Any]]) -> None:
    """Bedrock refuses a document in a turn without text."""
    for message in messages:
        kinds = {next(iter(block)) for block in message["content"]}
        if "document" in kinds and "text" not in kinds:
            message["content"].append({"text": OPENING})


def _trim_prefill(messages: list[dict[str, Any]]) -> None:
    """Claude refuses a last assistant turn that ends in white space."""
    last = messages[-1]["content"][-1]
    if messages[-1]["role"] == "assistant" and "text" in last:
        last["text"] = last["text"].rstrip()
