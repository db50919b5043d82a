"""An app's Responses request (https://platform.openai.com/docs/api-reference/responses/create) → Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, Message, Opaque, OutputFormat, Text, Thinking, Tool, ToolChoice
from providers.wires.openai.fields import Fields, expected, reject
from providers.wires.responses.items_in import read_input
from providers.wires.responses.names import INSTRUCTIONS, KEPT, NAME, STORED


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the field that is malformed. A field we do not model stays in ``extra``, as
    does a ``tool_choice`` that says more than the Call can."""
    fields = Fields(body)
    output_format = _text(fields)
    return Call(
        model=fields.required("model"),
        messages=(*_instructions(fields), *_stored(fields), *_input(fields)),
        wire=NAME,
        stream=bool(fields.boolean("stream")),
        include_usage=True,  # this dialect always reports it
        tools=tuple(_tool(Fields(value, f"tools[{i}]")) for i, value in enumerate(fields.array("tools"))),
        tool_choice=_tool_choice(fields),
        parallel_tool_calls=fields.boolean("parallel_tool_calls"),
        max_output=fields.integer("max_output_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        output_format=output_format,
        thinking=_thinking(fields),
        user=fields.string("user"),
        extra=fields.rest or NOTHING,  # last: all others have taken their fields out
    )


def _instructions(fields: Fields) -> tuple[Message, ...]:
    text = fields.string("instructions")
    if text is None:
        return ()
    return (Message(role="system", parts=(Text(text=text),), extra={INSTRUCTIONS: True}),)


def _stored(fields: Fields) -> tuple[Message, ...]:
    asked = [name for name in STORED if fields.rest.get(name)]
    parts = tuple(Opaque(wire=NAME, value={"type": name, name: fields.rest[name]}) for name in asked)
    return (Message(role="user", parts=parts, extra={KEPT: True}),) if parts else ()


def _input(fields: Fields) -> tuple[Message, ...]:
    value = fields.take("input")
    if value is None and any(fields.rest.get(name) for name in STORED):
        return ()
    return read_input(value)


def _tool(fields: Fields) -> Tool | Opaque:
    if fields.rest.get("type") != "function":
        return Opaque(wire=NAME, value=fields.rest)  # custom tools, namespaces, what the vendor runs itself
    fields.take("type")
    name, description = fields.required("name"), fields.string("description")
    parameters, strict = fields.object("parameters"), fields.boolean("strict")
    return Tool(
        name=name,
        description=description,
        parameters=parameters.rest if parameters else None,
        strict=strict,
        extra=fields.rest or NOTHING,
    )


def _tool_choice(fields: Fields) -> ToolChoice | None:
    value = fields.rest.get("tool_choice")
    if value is None or isinstance(value, str):
        fields.take("tool_choice")
        return None if value is None else _choice_word(value, "tool_choice")
    choice = Fields(value, "tool_choice")
    kind = choice.required("type")
    if kind == "allowed_tools":
        return _choice_word(choice.string("mode") or "auto", "tool_choice.mode")
    if kind == "function":
        fields.take("tool_choice")
        return ToolChoice(mode="named", name=choice.required("name"))
    if kind == "custom":
        return ToolChoice(mode="named", name=choice.required("name"))
    return ToolChoice(mode="required")  # one the vendor runs itself


def _choice_word(word: str, place: str) -> ToolChoice:
    if word not in ("auto", "none", "required"):
        reject(place, "expected auto, none, required or a named tool")
    return ToolChoice(mode=word)  # type: ignore[arg-type]


def _text(fields: Fields) -> OutputFormat | None:
    """The rest of ``text`` (its verbosity) stays behind."""
    text = fields.object("text")
    if text is None:
        return None
    given = text.object("format")
    if text.rest:
        fields.rest["text"] = text.rest
    if given is None:
        return None
    kind = given.required("type")
    if kind in ("text", "json_object"):
        return OutputFormat(kind=kind, extra=given.rest or NOTHING)  # type: ignore[arg-type]
    if kind != "json_schema":
        reject("text.format.type", "expected text, json_object or json_schema")
    schema = given.object("schema") or expected("text.format.schema", dict, None)
    name, strict = given.string("name"), given.boolean("strict")
    return OutputFormat(kind="json_schema", schema=schema.rest, name=name, strict=strict, extra=given.rest or NOTHING)


def _thinking(fields: Fields) -> Thinking | None:
    given = fields.object("reasoning")
    if given is None:
        return None
    effort = given.string("effort")
    enabled = None if effort is None else effort != "none"
    return Thinking(enabled=enabled, effort=effort, extra=given.rest or NOTHING)
