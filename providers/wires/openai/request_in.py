"""An app's chat request (https://platform.openai.com/docs/api-reference/chat/create) → Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, Opaque, OutputFormat, Thinking, Tool, ToolChoice
from providers.wires.openai.fields import Fields, expected, reject
from providers.wires.openai.messages_in import WIRE_NAME, read_messages


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the field that is malformed. A field we do not model stays in ``extra``, as do
    the ones that say more than the Call can (``tool_choice`` of allowed tools, ``reasoning``, ``thinking``)."""
    fields = Fields(body)
    options = fields.object("stream_options")
    include_usage = bool(options and options.boolean("include_usage"))
    if options and options.rest:
        fields.rest["stream_options"] = options.rest
    return Call(
        model=fields.required("model"),
        messages=read_messages(fields.take("messages")),
        wire=WIRE_NAME,
        stream=bool(fields.boolean("stream")),
        include_usage=include_usage,
        tools=_tools(fields),
        tool_choice=_tool_choice(fields),
        parallel_tool_calls=fields.boolean("parallel_tool_calls"),
        max_output=_max_output(fields),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stop=_stop(fields),
        seed=fields.integer("seed"),
        n=fields.integer("n"),
        presence_penalty=fields.number("presence_penalty"),
        frequency_penalty=fields.number("frequency_penalty"),
        output_format=_output_format(fields),
        thinking=_thinking(fields),
        user=fields.string("user"),
        extra=fields.rest or NOTHING,  # last: all others have taken their fields out
    )


def _max_output(fields: Fields) -> int | None:
    """The newer name wins; ``extra`` remembers that it was used."""
    old, new = fields.integer("max_tokens"), fields.integer("max_completion_tokens")
    if new is not None:
        fields.rest["max_completion_tokens"] = new
    return old if new is None else new


def _stop(fields: Fields) -> tuple[str, ...]:
    value = fields.take("stop")
    if value is None:
        return ()
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        reject("stop", "expected a string or an array of strings")
    return tuple(words)


def _tools(fields: Fields) -> tuple[Tool | Opaque, ...]:
    tools = [_tool(Fields(value, f"tools[{i}]")) for i, value in enumerate(fields.array("tools"))]
    legacy = [_function(Fields(value, f"functions[{i}]")) for i, value in enumerate(fields.array("functions"))]
    return (*tools, *legacy)


def _tool(fields: Fields) -> Tool | Opaque:
    if fields.rest.get("type", "function") != "function":
        return Opaque(wire=WIRE_NAME, value=fields.rest)  # custom tools, and what vendors invent
    fields.take("type")
    function = fields.object("function") or expected(fields.at("function"), dict, None)
    return _function(function, beside=fields.rest)


def _function(function: Fields, *, beside: Mapping[str, Any] = NOTHING) -> Tool:
    name, description = function.required("name"), function.string("description")
    parameters, strict = function.object("parameters"), function.boolean("strict")
    return Tool(
        name=name,
        description=description,
        parameters=parameters.rest if parameters else None,
        strict=strict,
        extra={**beside, **({"function": function.rest} if function.rest else {})} or NOTHING,
    )


def _tool_choice(fields: Fields) -> ToolChoice | None:
    legacy = fields.take("function_call")
    value = fields.rest.get("tool_choice", legacy)
    if value is None:
        fields.take("tool_choice")
        return None
    if isinstance(value, str):
        fields.take("tool_choice")
        return _choice_word(value)
    choice = Fields(value, "tool_choice")
    kind = choice.string("type") or "function"
    if kind == "allowed_tools":
        allowed = choice.object("allowed_tools")
        return _choice_word((allowed.string("mode") if allowed else None) or "auto")
    named = choice.object(kind) or choice
    if kind == "function":
        fields.take("tool_choice")
    return ToolChoice(mode="named", name=named.required("name"))


def _choice_word(word: str) -> ToolChoice:
    if word in ("auto", "none", "required"):
        return ToolChoice(mode=word)  # type: ignore[arg-type]
    if word == "any":  # Mistral's word for it
        return ToolChoice(mode="required")
    reject("tool_choice", "expected auto, none, required or a named tool")


def _output_format(fields: Fields) -> OutputFormat | None:
    value = fields.rest.get("response_format")
    if value is None:
        fields.take("response_format")
        return None
    given = Fields(value, "response_format")
    kind = given.required("type")
    if kind in ("text", "json_object"):
        fields.take("response_format")
        return OutputFormat(kind=kind, extra=given.rest or NOTHING)  # type: ignore[arg-type]
    if kind != "json_schema":
        return None  # a vendor's own format (grammar, regex …) rides in extra
    fields.take("response_format")
    schema = given.object("json_schema")
    if schema is None and isinstance(given.rest.get("schema"), dict):  # Together's spelling
        schema = given
    if schema is None:
        raise expected(given.at("json_schema"), dict, None)
    name, strict, inner = schema.string("name"), schema.boolean("strict"), schema.object("schema")
    return OutputFormat(
        kind="json_schema",
        schema=inner.rest if inner else None,
        name=name,
        strict=strict,
        extra=schema.rest or NOTHING,
    )


def _thinking(fields: Fields) -> Thinking | None:
    """``reasoning_effort``, OpenRouter's ``reasoning`` and the ``thinking`` that LiteLLM, DeepSeek and Zhipu take."""
    effort, enabled, budget = fields.string("reasoning_effort"), None, None
    for name, limit in (("reasoning", "max_tokens"), ("thinking", "budget_tokens")):
        if not isinstance(fields.rest.get(name), dict):
            continue
        given = Fields(fields.rest[name], name)
        effort = given.string("effort") or effort
        budget = given.integer(limit) or budget
        enabled = given.boolean("enabled") if name == "reasoning" else _enabled(given)
    said = effort is not None or enabled is not None or budget is not None
    return Thinking(enabled=enabled, effort=effort, budget=budget) if said else None


def _enabled(given: Fields) -> bool | None:
    return {"enabled": True, "adaptive": True, "disabled": False}.get(given.string("type") or "")
