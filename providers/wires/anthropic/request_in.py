"""An app's Messages body → Call. What is only Anthropic's rides along in ``extra``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    NOTHING,
    Call,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Role,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from providers.wires.anthropic.blocks_in import read_content
from providers.wires.anthropic.codec import (
    NAME,
    mapping,
    optional_bool,
    optional_int,
    optional_number,
    optional_string,
    refuse,
    sequence,
    string,
    without,
)

READ = (
    *("model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice"),
    *("temperature", "top_p", "top_k", "stop_sequences"),
    *("thinking", "output_config", "output_format", "metadata"),
)
ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}
CHOICES: dict[str, ToolChoice] = {
    "auto": ToolChoice(mode="auto"),
    "any": ToolChoice(mode="required"),
    "none": ToolChoice(mode="none"),
}


def read_request(body: Mapping[str, Any]) -> Call:
    """The call that ``body`` asks for. Raises ``RequestRejected`` naming the malformed field."""
    body = mapping(body, "body")
    choice, parallel = _tool_choice(body.get("tool_choice"))
    output_format, effort, extra_output = _output(body)
    user, extra_metadata = _metadata(body.get("metadata"))
    return Call(
        model=string(body.get("model"), "model"),
        messages=(*_system(body.get("system")), *_messages(body.get("messages"))),
        wire=NAME,
        stream=bool(optional_bool(body.get("stream"), "stream")),
        include_usage=True,  # this dialect always reports it
        tools=_tools(body.get("tools")),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        max_output=optional_int(body.get("max_tokens"), "max_tokens"),
        temperature=optional_number(body.get("temperature"), "temperature"),
        top_p=optional_number(body.get("top_p"), "top_p"),
        top_k=optional_int(body.get("top_k"), "top_k", least=-1),
        stop=_stop(body.get("stop_sequences")),
        output_format=output_format,
        thinking=_thinking(body.get("thinking"), effort),
        user=user,
        extra=without(body, *READ) | extra_output | extra_metadata,
    )


def _system(system: Any) -> tuple[Message, ...]:
    if not system and isinstance(system, str | list | None):
        return ()
    return (Message(role="system", parts=read_content(system, "system")),)


def _messages(messages: Any) -> tuple[Message, ...]:
    if not sequence(messages, "messages"):
        raise refuse("messages", "at least one message is required")
    return tuple(_message(mapping(m, f"messages.{i}"), f"messages.{i}") for i, m in enumerate(messages))


def _message(message: Mapping[str, Any], path: str) -> Message:
    role = ROLES.get(string(message.get("role"), f"{path}.role"))
    if role is None:
        raise refuse(f"{path}.role", "must be user, assistant or system")
    content = message.get("content")
    only_sets = content is None and role == "system" and "output_config" in message  # a turn's effort, without words
    parts = () if only_sets else read_content(content, f"{path}.content")
    return Message(role=_role(role, parts), parts=parts, extra=without(message, "role", "content"))


def _role(role: Role, parts: tuple[Part, ...]) -> Role:
    """A user turn of nothing but tool results is what the other dialects call a tool message."""
    return "tool" if role == "user" and parts and all(isinstance(p, ToolResult) for p in parts) else role


def _tools(tools: Any) -> tuple[Tool | Opaque, ...]:
    if tools is None:
        return ()
    return tuple(read_tool(mapping(t, f"tools.{i}"), f"tools.{i}") for i, t in enumerate(sequence(tools, "tools")))


def read_tool(tool: Mapping[str, Any], path: str) -> Tool | Opaque:
    """An entry of ``tools``. Raises ``RequestRejected``."""
    if tool.get("type") not in (None, "custom"):
        return Opaque(wire=NAME, value=tool)  # a server tool, or one whose schema Anthropic itself holds
    return Tool(
        name=string(tool.get("name"), f"{path}.name"),
        description=optional_string(tool.get("description"), f"{path}.description"),
        parameters=mapping(tool.get("input_schema"), f"{path}.input_schema"),
        strict=optional_bool(tool.get("strict"), f"{path}.strict"),
        extra=without(tool, "name", "description", "input_schema", "strict"),
    )


def _tool_choice(choice: Any) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and whether tools may be called in parallel (unsaid: ``None``)."""
    if choice is None:
        return None, None
    kind = string(mapping(choice, "tool_choice").get("type"), "tool_choice.type")
    disabled = optional_bool(choice.get("disable_parallel_tool_use"), "tool_choice.disable_parallel_tool_use")
    parallel = None if disabled is None else not disabled
    if kind == "tool":
        return ToolChoice(mode="named", name=string(choice.get("name"), "tool_choice.name")), parallel
    if kind not in CHOICES:
        raise refuse("tool_choice.type", "must be auto, any, tool or none")
    return CHOICES[kind], parallel


def _stop(stop: Any) -> tuple[str, ...]:
    if stop is None:
        return ()
    return tuple(string(s, f"stop_sequences.{i}") for i, s in enumerate(sequence(stop, "stop_sequences")))


def _thinking(thinking: Any, effort: str | None) -> Thinking | None:
    if thinking is None:
        return None if effort is None else Thinking(effort=effort)
    kind = string(mapping(thinking, "thinking").get("type"), "thinking.type")
    return Thinking(
        enabled={"enabled": True, "adaptive": True, "disabled": False}.get(kind),
        effort=effort,
        budget=optional_int(thinking.get("budget_tokens"), "thinking.budget_tokens"),
        extra=without(thinking, "budget_tokens"),  # with its type, which is finer than ``enabled``
    )


def _output(body: Mapping[str, Any]) -> tuple[OutputFormat | None, str | None, dict[str, Any]]:
    """The format, the effort, and the rest of output_config. The beta's ``output_format`` means the same."""
    config = mapping(body.get("output_config") or {}, "output_config")
    effort = optional_string(config.get("effort"), "output_config.effort")
    path = "output_config.format" if config.get("format") is not None else "output_format"
    asked = config.get("format") if config.get("format") is not None else body.get("output_format")
    rest = without(config, "effort", "format")
    extra = {"output_config": rest} if rest else {}
    if asked is None:
        return None, effort, extra
    if mapping(asked, path).get("type") != "json_schema":
        raise refuse(f"{path}.type", "must be json_schema")
    schema = mapping(asked.get("schema"), f"{path}.schema")
    more = without(asked, "type", "schema") or NOTHING
    return OutputFormat(kind="json_schema", schema=schema, extra=more), effort, extra


def _metadata(metadata: Any) -> tuple[str | None, dict[str, Any]]:
    if metadata is None:
        return None, {}
    user = optional_string(mapping(metadata, "metadata").get("user_id"), "metadata.user_id")
    rest = without(metadata, "user_id")
    return user, {"metadata": rest} if rest else {}
