"""An app's Converse body → Call. What is only Converse's rides along in ``extra``.

Model and stream are told by the address of this API: whoever offers it puts them into the body as ``modelId`` and
``stream``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import (
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
from providers.wires.anthropic.codec import (
    decode,
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
from providers.wires.bedrock_converse.blocks_in import NAME, cache_control, opaque, read_content

READ = ("modelId", "stream", "messages", "system", "inferenceConfig", "toolConfig", "outputConfig")
ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def read_request(body: Mapping[str, Any]) -> Call:
    """The call that ``body`` asks for. Raises ``RequestRejected`` naming the malformed field."""
    body = mapping(body, "body")
    config = _object(body, "inferenceConfig")
    tools = _object(body, "toolConfig")
    own = _object(body, "additionalModelRequestFields")
    output_format, rest = _output(_object(body, "outputConfig"))
    left = without(config, "maxTokens", "temperature", "topP", "stopSequences")
    extra = without(body, *READ) | ({"inferenceConfig": left} if left else {})
    return Call(
        model=optional_string(body.get("modelId"), "modelId") or "",
        messages=(*_system(body.get("system")), *_messages(body.get("messages"))),
        wire=NAME,
        stream=bool(optional_bool(body.get("stream"), "stream")),
        include_usage=True,  # this dialect always reports it
        tools=_tools(tools.get("tools")),
        tool_choice=_tool_choice(tools.get("toolChoice")),
        max_output=optional_int(config.get("maxTokens"), "inferenceConfig.maxTokens"),
        temperature=optional_number(config.get("temperature"), "inferenceConfig.temperature"),
        top_p=optional_number(config.get("topP"), "inferenceConfig.topP"),
        top_k=_top_k(own),
        stop=_stop(config.get("stopSequences")),
        output_format=output_format,
        thinking=_thinking(own),
        extra=extra | ({"outputConfig": rest} if rest else {}),
    )


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return {} if value is None else mapping(value, name)


def _system(system: Any) -> tuple[Message, ...]:
    if system is None or system == []:
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
    parts = read_content(message.get("content"), f"{path}.content")
    return Message(role=_role(role, parts), parts=parts, extra=without(message, "role", "content"))


def _role(role: Role, parts: tuple[Part, ...]) -> Role:
    """A user turn of nothing but tool results is what the other dialects call a tool message."""
    return "tool" if role == "user" and parts and all(isinstance(p, ToolResult) for p in parts) else role


def _tools(tools: Any) -> tuple[Tool | Opaque, ...]:
    read: list[Tool | Opaque] = []
    for index, given in enumerate(sequence(tools, "toolConfig.tools") if tools is not None else ()):
        path = f"toolConfig.tools.{index}"
        tool = mapping(given, path)
        point, last = tool.get("cachePoint"), read[-1] if read else None
        if isinstance(point, Mapping) and isinstance(last, Tool) and not last.extra:
            read[-1] = replace(last, extra={"cache_control": cache_control(point)})
        elif "toolSpec" in tool:
            read.append(_tool(mapping(tool["toolSpec"], f"{path}.toolSpec"), f"{path}.toolSpec"))
        else:
            read.append(opaque(tool))
    return tuple(read)


def _tool(spec: Mapping[str, Any], path: str) -> Tool:
    schema = mapping(spec.get("inputSchema"), f"{path}.inputSchema")
    return Tool(
        name=string(spec.get("name"), f"{path}.name"),
        description=optional_string(spec.get("description"), f"{path}.description"),
        parameters=mapping(schema.get("json"), f"{path}.inputSchema.json"),
        strict=optional_bool(spec.get("strict"), f"{path}.strict"),
    )


def _tool_choice(choice: Any) -> ToolChoice | None:
    if choice is None:
        return None
    kinds = mapping(choice, "toolConfig.toolChoice")
    if "tool" in kinds:
        tool = mapping(kinds["tool"], "toolConfig.toolChoice.tool")
        return ToolChoice(mode="named", name=string(tool.get("name"), "toolConfig.toolChoice.tool.name"))
    if "any" in kinds:
        return ToolChoice(mode="required")
    if "auto" in kinds:
        return ToolChoice(mode="auto")
    raise refuse("toolConfig.toolChoice", "must be auto, any or tool")


def _stop(stop: Any) -> tuple[str, ...]:
    path = "inferenceConfig.stopSequences"
    if stop is None:
        return ()
    return tuple(string(word, f"{path}.{index}") for index, word in enumerate(sequence(stop, path)))


def _output(config: Mapping[str, Any]) -> tuple[OutputFormat | None, dict[str, Any]]:
    """The format, and what else the field held."""
    rest = without(config, "textFormat")
    asked = config.get("textFormat")
    if asked is None:
        return None, rest
    path = "outputConfig.textFormat"
    structure = mapping(mapping(asked, path).get("structure"), f"{path}.structure")
    path = f"{path}.structure.jsonSchema"
    definition = mapping(structure.get("jsonSchema"), path)
    try:
        schema = decode(string(definition.get("schema"), f"{path}.schema"))
    except ValueError:
        raise refuse(f"{path}.schema", "must be JSON in a string") from None
    return (
        OutputFormat(
            kind="json_schema",
            schema=mapping(schema, f"{path}.schema"),
            name=optional_string(definition.get("name"), f"{path}.name"),
            extra=without(definition, "schema", "name"),
        ),
        rest,
    )


def _top_k(own: Mapping[str, Any]) -> int | None:
    """For other wires; this one sends the model's own fields as they came."""
    inner = own.get("inferenceConfig")
    found = own.get("top_k", inner.get("topK") if isinstance(inner, Mapping) else None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _thinking(own: Mapping[str, Any]) -> Thinking | None:
    """For other wires, as above."""
    asked = own.get("thinking") or own.get("reasoning_config") or own.get("reasoningConfig")
    config = own.get("output_config")
    effort = own.get("reasoning_effort") or (config.get("effort") if isinstance(config, Mapping) else None)
    if isinstance(asked, str):
        asked, effort = {}, asked
    said = asked if isinstance(asked, Mapping) else {}
    effort = effort or said.get("maxReasoningEffort")
    if not said and not isinstance(effort, str):
        return None
    budget = said.get("budget_tokens")
    kind = said.get("type")
    return Thinking(
        enabled={"enabled": True, "adaptive": True, "disabled": False}.get(kind) if isinstance(kind, str) else None,
        effort=effort if isinstance(effort, str) else None,
        budget=budget if isinstance(budget, int) and not isinstance(budget, bool) else None,
    )
