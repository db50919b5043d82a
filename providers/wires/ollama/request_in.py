"""An app's ``/api/chat`` body (https://docs.ollama.com/api/chat) → Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, OutputFormat, Thinking, Tool
from providers.wires.ollama.messages_in import read_messages
from providers.wires.openai.fields import Fields, expected, reject

NAME = "ollama"


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the malformed field. ``stream`` is on unless it was turned off."""
    fields = Fields(body)
    options = fields.object("options") or Fields({}, "options")
    stream = fields.boolean("stream")
    return Call(
        model=fields.required("model"),
        messages=read_messages(fields.take("messages")),
        wire=NAME,
        stream=stream is not False,
        include_usage=True,  # this dialect always reports it
        tools=tuple(_tool(Fields(value, f"tools[{i}]")) for i, value in enumerate(fields.array("tools"))),
        max_output=_max_output(options),
        temperature=options.number("temperature"),
        top_p=options.number("top_p"),
        top_k=options.integer("top_k"),
        stop=_stop(options),
        seed=options.integer("seed"),
        presence_penalty=options.number("presence_penalty"),
        frequency_penalty=options.number("frequency_penalty"),
        output_format=_output_format(fields),
        thinking=_thinking(fields),
        extra=_extra(fields, options) or NOTHING,  # last: all others have taken their fields out
    )


def _extra(fields: Fields, options: Fields) -> dict[str, Any]:
    return {**fields.rest, **({"options": options.rest} if options.rest else {})}


def _max_output(options: Fields) -> int | None:
    """-1 (no end) and -2 (to the end of the context) stay among the options: no other wire knows them."""
    limit = options.integer("num_predict")
    if limit is not None and limit < 0:
        options.rest["num_predict"] = limit
        return None
    return limit


def _stop(options: Fields) -> tuple[str, ...]:
    value = options.take("stop")
    words = [value] if isinstance(value, str) else value or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        reject("options.stop", "expected a string or an array of strings")
    return tuple(words)


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


def _output_format(fields: Fields) -> OutputFormat | None:
    value = fields.take("format")
    if value is None or value == "":
        return None
    if value == "json":
        return OutputFormat(kind="json_object")
    if isinstance(value, Mapping):
        return OutputFormat(kind="json_schema", schema=value)
    reject("format", 'expected "json" or a JSON schema')


def _thinking(fields: Fields) -> Thinking | None:
    value = fields.take("think")
    if value is None:
        return None
    if isinstance(value, bool):
        return Thinking(enabled=value)
    if isinstance(value, str):
        return Thinking(enabled=True, effort=value)
    reject("think", "expected true, false or a level")
