"""An app's ``/v2/chat`` body (https://docs.cohere.com/reference/chat) → Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, OutputFormat, Thinking, Tool, ToolChoice
from providers.wires.cohere.messages_in import NAME, read_messages
from providers.wires.openai.fields import Fields, expected, reject


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the malformed field. ``documents``, ``safety_mode`` … ride
    along in ``extra``."""
    fields = Fields(body)
    return Call(
        model=fields.required("model"),
        messages=read_messages(fields.take("messages")),
        wire=NAME,
        stream=bool(fields.boolean("stream")),
        include_usage=True,  # this dialect always reports it
        tools=tuple(_tool(Fields(value, f"tools[{i}]")) for i, value in enumerate(fields.array("tools"))),
        tool_choice=_tool_choice(fields),
        max_output=fields.integer("max_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("p"),
        top_k=fields.integer("k"),
        stop=_stop(fields),
        seed=fields.integer("seed"),
        presence_penalty=fields.number("presence_penalty"),
        frequency_penalty=fields.number("frequency_penalty"),
        output_format=_output_format(fields),
        thinking=_thinking(fields),
        extra={name: value for name, value in fields.rest.items() if value is not None}
        or NOTHING,  # last: what is left
    )


def _tool(fields: Fields) -> Tool:
    fields.string("type")
    function = fields.object("function") or expected(fields.at("function"), dict, None)
    name, description = function.required("name"), function.string("description")
    parameters = function.object("parameters")
    return Tool(
        name=name,
        description=description,
        parameters=parameters.rest if parameters else None,
        extra={**fields.rest, **({"function": function.rest} if function.rest else {})} or NOTHING,
    )


def _tool_choice(fields: Fields) -> ToolChoice | None:
    word = fields.string("tool_choice")
    if word is None:
        return None
    if word.lower() in ("required", "none", "auto"):
        return ToolChoice(mode=word.lower())  # type: ignore[arg-type]
    reject("tool_choice", "expected REQUIRED or NONE")


def _stop(fields: Fields) -> tuple[str, ...]:
    words = fields.array("stop_sequences")
    if not all(isinstance(word, str) for word in words):
        reject("stop_sequences", "expected an array of strings")
    return tuple(words)


def _output_format(fields: Fields) -> OutputFormat | None:
    """The schema stands under ``schema`` or ``json_schema``; ``extra`` remembers the form it came in."""
    raw = fields.rest.get("response_format")
    given = fields.object("response_format")
    if given is None:
        return None
    kind = given.required("type")
    if kind not in ("text", "json_object", "json_schema"):
        reject("response_format.type", "expected text or json_object")
    schema = given.object("schema") or given.object("json_schema")
    if schema is not None:
        return OutputFormat(kind="json_schema", schema=schema.rest, extra={"response_format": raw})
    if kind == "json_schema":
        expected("response_format.json_schema", dict, None)
    return OutputFormat(kind=kind, extra={"response_format": raw})  # type: ignore[arg-type]


def _thinking(fields: Fields) -> Thinking | None:
    given = fields.object("thinking")
    if given is None:
        return None
    kind, budget = given.string("type") or "enabled", given.integer("token_budget")
    if kind not in ("enabled", "disabled"):
        reject("thinking.type", "expected enabled or disabled")
    return Thinking(enabled=kind == "enabled", budget=budget, extra=given.rest or NOTHING)
