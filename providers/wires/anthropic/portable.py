"""An Anthropic app's call, ready for vendors of other dialects: what means something there is put in words they have,
what only Anthropic can mean is left out and named, and what would be missed is refused.

Source: platform.claude.com build-with-claude/{mid-conversation-system-messages,compaction,effort,structured-outputs}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.canonical import (
    Call,
    Extra,
    File,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.codec import NAME
from providers.wires.anthropic.deferral import visible_tools
from providers.wires.anthropic.schemas import is_closed
from providers.wires.anthropic.seals import opened_call, opened_thought

BILLING = "x-anthropic-billing-header:"  # a line for Anthropic's accounts; it changes per call and spoils every cache
REMINDER = "<system-reminder>\n{}\n</system-reminder>"
SUMMARY = "Summary of the conversation so far:\n\n{}"
FEATURES = {"mcp_servers": "MCP servers that the vendor calls", "container": "containers and skills"}
EFFORTS = {"max": "high", "xhigh": "high"}  # most vendors' ladder ends there
PLAIN_USER = re.compile(r"[\w.:@-]{1,64}")
OWN_HINTS = ("eager_input_streaming", "input_examples", "allowed_callers")  # of a tool
SILENT = {"fallback": "", "tool_addition": "", "tool_removal": "", "tool_search_tool_result": "messages.tool_search"}


def portable(call: Call) -> tuple[Call, tuple[str, ...]]:
    """``call`` for a target of another dialect, and the names of what it loses. Raises ``UnsupportedFeature``."""
    for name, feature in FEATURES.items():
        if call.extra.get(name):
            raise UnsupportedFeature(f"{feature} are only supported by the Anthropic API", param=name)
    dropped: list[str] = []
    call = replace(call, messages=_after_compaction(call.messages))
    call = replace(call, tools=visible_tools(call, dropped), thinking=_thinking(call, dropped))
    call = replace(call, messages=_messages(call.messages, dropped), output_format=_format(call.output_format))
    dropped += [
        f"tools.{name}" for tool in call.tools if isinstance(tool, Tool) for name in OWN_HINTS if tool.extra.get(name)
    ]
    if call.user is not None and not PLAIN_USER.fullmatch(call.user):
        dropped.append("metadata")
        call = replace(call, user=None)
    return call, tuple(dict.fromkeys(dropped))


def _after_compaction(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Anthropic reads nothing that stands before the last summary."""
    for at in range(len(messages) - 1, -1, -1):
        for place, part in enumerate(messages[at].parts):
            if _kind(part) == "compaction" and isinstance(summary := _value(part).get("content"), str):
                leading = messages[:1] if messages[0].role == "system" else ()
                told = Message(role="user", parts=(Text(text=SUMMARY.format(summary)),))
                rest = replace(messages[at], parts=messages[at].parts[place + 1 :])
                return (*leading, told, *((rest,) if rest.parts else ()), *messages[at + 1 :])
    return messages


def _messages(messages: Sequence[Message], dropped: list[str]) -> tuple[Message, ...]:
    written: list[Message] = []
    last_user = max((at for at, one in enumerate(messages) if one.role in ("user", "tool")), default=-1)
    for at, message in enumerate(messages):
        extra = {key: value for key, value in message.extra.items() if key not in ("clear_at", "output_config")}
        parts = _parts(message.parts, dropped)
        if message.role == "system" and at:
            over = message.extra.get("clear_at") == "next_user_message" and at < last_user
            if not over:
                _remind(written, parts)
        elif parts or not message.parts:
            written.append(replace(message, parts=parts, extra=extra))
    return tuple(written)


def _remind(written: list[Message], parts: Sequence[Part]) -> None:
    """A system message amid the conversation: many vendors refuse the role there, and a user turn after a tool's. It is
    told at the end of the turn before it, in the form Claude Code's own prompts explain."""
    told = tuple(replace(part, text=REMINDER.format(part.text)) for part in parts if isinstance(part, Text))
    if not told:
        return
    last = written[-1] if written else None
    if last is None or last.role not in ("user", "tool"):
        written.append(Message(role="user", parts=told))
    elif isinstance(result := last.parts[-1] if last.parts else None, ToolResult):
        written[-1] = replace(last, parts=(*last.parts[:-1], replace(result, parts=(*result.parts, *told))))
    else:
        written[-1] = replace(last, parts=(*last.parts, *told))


def _parts(parts: Iterable[Part], dropped: list[str]) -> tuple[Part, ...]:
    written: list[Part] = []
    extras: dict[str, Extra] = {}  # of tool calls, from the seals before them
    for part in parts:
        match part:
            case Reasoning():
                if (sealed := opened_call(part)) is not None:
                    extras[sealed[0]] = sealed[1]
                else:
                    written.append(opened_thought(part))
            case ToolCall(id=id) if id in extras:
                written.append(replace(part, extra={**part.extra, **extras[id]}))
            case ToolResult():
                written.append(replace(part, parts=_parts(part.parts, dropped)))
            case Text(text=text) if text.startswith(BILLING):
                dropped.append("system.billing_header")
            case File():
                written += _document(part)
            case Opaque(wire=wire) if wire == NAME:
                written += _foreign(part, dropped)
            case _:
                written.append(part)
    return tuple(written)


def _foreign(part: Opaque, dropped: list[str]) -> list[Part]:
    """A block only Anthropic has. What is left as it is, the target's wire refuses by name."""
    value, kind = part.value, _kind(part)
    if kind in SILENT or (kind == "server_tool_use" and str(value.get("name")).startswith("tool_search_tool")):
        dropped += [name] if (name := SILENT.get(kind, "messages.tool_search")) else []
        return []
    if kind == "compaction":
        return []  # one that failed: the server passes over it too
    if kind == "tool_reference":
        return [Text(text=f"The tool {value.get('tool_name')} is loaded: it can be called now.")]
    if kind == "search_result":
        return [Text(text=_search_result(value))]
    if kind == "document" and (written := _written_document(value)) is not None:
        return written
    return [part]


def _document(part: File) -> list[Part]:
    """What Anthropic's model is told beside a document goes ahead of it."""
    if part.file_id is not None and part.file_id.startswith("file_"):
        raise UnsupportedFeature(
            f"The file {part.file_id!r} was uploaded to Anthropic; send its data.", param="messages"
        )
    context = part.extra.get("context")
    told = [Text(text=f"About the document that follows: {context}")] if isinstance(context, str) and context else []
    return [*told, part]


def _written_document(value: Mapping[str, Any]) -> list[Part] | None:
    """A document that the app itself made of blocks, where they are texts."""
    source = value.get("source")
    content = source.get("content") if isinstance(source, Mapping) else None
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list) or not all(
        isinstance(one, Mapping) and one.get("type") == "text" for one in blocks
    ):
        return None
    text = "\n\n".join(str(block.get("text", "")) for block in blocks)
    title = value.get("title")
    name = title if isinstance(title, str) else None
    return _document(File(text=text, media_type="text/plain", name=name, extra={"context": value.get("context")}))


def _search_result(value: Mapping[str, Any]) -> str:
    content = value.get("content")
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    said = "\n".join(str(block.get("text", "")) for block in blocks)
    return f"Search result: {value.get('title', '')}\nSource: {value.get('source', '')}\n\n{said}"


def _kind(part: Part) -> str:
    return str(part.value.get("type")) if isinstance(part, Opaque) and part.wire == NAME else ""


def _value(part: Part) -> Mapping[str, Any]:
    return part.value if isinstance(part, Opaque) else {}


def _thinking(call: Call, dropped: list[str]) -> Thinking | None:
    """With the effort of the latest turn that says one, on the ladder that most vendors have."""
    effort = call.thinking.effort if call.thinking else None
    for message in call.messages:
        config = message.extra.get("output_config")
        said = config.get("effort") if isinstance(config, Mapping) else None
        effort = said if isinstance(said, str) else effort
    if effort in EFFORTS:
        dropped.append(f"output_config.effort={effort}")
        effort = EFFORTS[effort]
    if effort is None:
        return call.thinking
    return replace(call.thinking or Thinking(), effort=effort)


def _format(asked: OutputFormat | None) -> OutputFormat | None:
    """Anthropic always holds the model to the schema; others only when told, and only to one that leaves nothing
    open."""
    if asked is None or asked.schema is None:
        return asked
    return replace(asked, strict=True if is_closed(asked.schema) else None)
