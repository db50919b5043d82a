"""Pass-through to Anthropic's dialect of a conversation that other vendors took part in: their thoughts stay behind,
because Anthropic refuses a thought it did not sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Reasoning
from providers.wires.anthropic.seals import MARK, opened_thought

LOST = "messages.thinking"


def without_foreign_thoughts(body: dict[str, Any], dropped: list[str]) -> None:
    """Changes the top level of ``body`` only, and only where there is something to leave out."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not any(_is_touched(message) for message in messages):
        return
    last = max(at for at, message in enumerate(messages) if _role(message) == "assistant")
    if _is_touched(messages[last]) and _calls_tool(messages[last]) and _kind(body.get("thinking")) == "enabled":
        del body["thinking"]  # a tool's turn without its thought is refused while thinking is on
        dropped.append("thinking")
    kept = [_cleaned(message) if _is_touched(message) else message for message in messages]
    body["messages"] = [one for one in kept if not isinstance(one, Mapping) or one.get("content") != []]
    dropped.append(LOST)


def _is_touched(message: Any) -> bool:
    content = message.get("content") if isinstance(message, Mapping) else None
    return _role(message) == "assistant" and isinstance(content, list) and any(map(_is_foreign, content))


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, Mapping) else None


def _is_foreign(block: Any) -> bool:
    if _kind(block) == "thinking":
        signature = block.get("signature")
        return not signature or (isinstance(signature, str) and signature.startswith(MARK))
    data = block.get("data") if _kind(block) == "redacted_thinking" else None
    return isinstance(data, str) and data.startswith(MARK)


def _cleaned(message: dict[str, Any]) -> dict[str, Any]:
    blocks = [_own(block) if _is_foreign(block) else block for block in message["content"]]
    return {**message, "content": [block for block in blocks if block is not None]}


def _own(block: dict[str, Any]) -> dict[str, Any] | None:
    """``block`` as Claude signed it, where it thought it behind another vendor's front; else nothing."""
    text, signature = block.get("thinking"), block.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str | None):
        return None
    part = opened_thought(Reasoning(text=text, signature=signature))
    origin = part.extra.get("format")
    claudes = isinstance(origin, str) and origin.startswith("anthropic")
    return {**block, "signature": part.signature} if claudes and part.signature else None


def _calls_tool(message: Mapping[str, Any]) -> bool:
    return any(_kind(block) == "tool_use" for block in message["content"])


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, Mapping) else None
