"""An app's generateContent body → Call. What is only Google's rides along in ``extra``.

``model`` and ``stream``, which this dialect has in the address, are read from the body, where whoever offers the
dialect puts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, Opaque, OutputFormat, Thinking, Tool, ToolChoice
from providers.wires.anthropic.codec import (
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
from providers.wires.gemini.codec import NAME, camel, objects
from providers.wires.gemini.contents_in import ContentReader
from providers.wires.gemini.schemas import json_schema

READ = ("model", "stream", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig")
CONFIG = (
    *("temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed"),
    *("presencePenalty", "frequencyPenalty", "thinkingConfig"),
)
MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required", "VALIDATED": "auto"}


def read_request(body: Mapping[str, Any]) -> Call:
    """The call that ``body`` asks for. Raises ``RequestRejected`` naming the malformed field."""
    given = camel(body, "body")
    config = camel(given.get("generationConfig", {}), "generationConfig")
    reader = ContentReader()
    system = given.get("systemInstruction")
    begun = () if system is None else (reader.system(system, "systemInstruction"),)
    choice, tool_config = _tool_choice(given.get("toolConfig"))
    output_format, shaped = _format(config)
    rest = {name: value for name, value in without(config, *CONFIG).items() if name not in shaped}
    extra = without(given, *READ) | tool_config | ({"generationConfig": rest} if rest else {})
    return Call(
        model=optional_string(given.get("model"), "model") or "",
        messages=(*begun, *reader.read(given.get("contents"))),
        wire=NAME,
        stream=bool(optional_bool(given.get("stream"), "stream")),
        include_usage=True,  # this dialect always reports it
        tools=_tools(given.get("tools")),
        tool_choice=choice,
        max_output=_integer(config, "maxOutputTokens"),
        temperature=_number(config, "temperature"),
        top_p=_number(config, "topP"),
        top_k=_integer(config, "topK"),
        stop=_stop(config.get("stopSequences")),
        seed=_integer(config, "seed", least=-(2**63)),
        n=_integer(config, "candidateCount"),
        presence_penalty=_number(config, "presencePenalty"),
        frequency_penalty=_number(config, "frequencyPenalty"),
        output_format=output_format,
        thinking=_thinking(config.get("thinkingConfig")),
        extra=extra or NOTHING,
    )


def _integer(config: Mapping[str, Any], name: str, *, least: int = 0) -> int | None:
    return optional_int(config.get(name), f"generationConfig.{name}", least=least)


def _number(config: Mapping[str, Any], name: str) -> float | None:
    return optional_number(config.get(name), f"generationConfig.{name}")


def _stop(stop: Any) -> tuple[str, ...]:
    path = "generationConfig.stopSequences"
    return () if stop is None else tuple(string(s, f"{path}[{i}]") for i, s in enumerate(sequence(stop, path)))


def _tools(tools: Any) -> tuple[Tool | Opaque, ...]:
    """Functions one by one; what else a tool holds (googleSearch, codeExecution …) stays whole."""
    read: list[Tool | Opaque] = []
    for tool, path in objects([] if tools is None else tools, "tools"):
        functions = objects(tool.get("functionDeclarations", []), f"{path}.functionDeclarations")
        read += [_function(function, at) for function, at in functions]
        if rest := without(tool, "functionDeclarations"):
            read.append(Opaque(wire=NAME, value=rest))
    return tuple(read)


def _function(function: dict[str, Any], path: str) -> Tool:
    raw, full = function.get("parameters"), function.get("parametersJsonSchema")
    extra = without(function, "name", "description", "parametersJsonSchema")
    if full is not None:
        parameters: Mapping[str, Any] | None = mapping(full, f"{path}.parametersJsonSchema")
    else:
        where = f"{path}.parameters"
        parameters = None if raw is None else json_schema(mapping(raw, where), where)
    return Tool(
        name=string(function.get("name"), f"{path}.name"),
        description=optional_string(function.get("description"), f"{path}.description"),
        parameters=parameters,
        extra=extra or NOTHING,
    )


def _tool_choice(value: Any) -> tuple[ToolChoice | None, dict[str, Any]]:
    """The choice, and the extra that keeps what it cannot say."""
    if value is None:
        return None, {}
    given = camel(value, "toolConfig")
    rest = without(given, "functionCallingConfig")
    if "functionCallingConfig" not in given:
        return None, {"toolConfig": rest} if rest else {}
    path = "toolConfig.functionCallingConfig"
    config = camel(given["functionCallingConfig"], path)
    word = (optional_string(config.get("mode"), f"{path}.mode") or "AUTO").upper()
    mode = MODES.get(word.replace("MODE_UNSPECIFIED", "AUTO"))
    if mode is None:
        raise refuse(f"{path}.mode", "must be AUTO, ANY, NONE or VALIDATED")
    names = [string(name, f"{path}.allowedFunctionNames") for name in _names(config, path)]
    if mode == "required" and len(names) == 1:
        choice = ToolChoice(mode="named", name=names[0])
    else:
        choice = ToolChoice(mode=mode)  # type: ignore[arg-type]
    said = choice.mode != "auto" or word == "AUTO"
    if said and (choice.mode == "named" or not names) and not without(config, "mode", "allowedFunctionNames"):
        return choice, {"toolConfig": rest} if rest else {}
    return choice, {"toolConfig": {"functionCallingConfig": config, **rest}}


def _names(config: Mapping[str, Any], path: str) -> list[Any]:
    return list(sequence(config.get("allowedFunctionNames", []), f"{path}.allowedFunctionNames"))


def _format(config: dict[str, Any]) -> tuple[OutputFormat | None, set[str]]:
    """The format, and the names of the fields that it tells wholly."""
    path = "generationConfig"
    kind = optional_string(config.get("responseMimeType"), f"{path}.responseMimeType")
    full, raw = config.get("responseJsonSchema"), config.get("responseSchema")
    told = set() if kind not in ("application/json", "text/plain") else {"responseMimeType"}
    if full is not None:
        schema = mapping(full, f"{path}.responseJsonSchema")
        return OutputFormat(kind="json_schema", schema=schema), told | {"responseJsonSchema"}
    if raw is not None:
        where = f"{path}.responseSchema"
        return OutputFormat(kind="json_schema", schema=json_schema(mapping(raw, where), where)), told
    if kind == "application/json":
        return OutputFormat(kind="json_object"), told
    return (OutputFormat(kind="text"), told) if kind == "text/plain" else (None, told)


def _thinking(value: Any) -> Thinking | None:
    if value is None:
        return None
    path = "generationConfig.thinkingConfig"
    config = camel(value, path)
    budget = optional_int(config.get("thinkingBudget"), f"{path}.thinkingBudget", least=-1)
    level = optional_string(config.get("thinkingLevel"), f"{path}.thinkingLevel")
    shown = optional_bool(config.get("includeThoughts"), f"{path}.includeThoughts")
    on = True if shown or level or (budget or 0) != 0 else None
    return Thinking(
        enabled=False if budget == 0 else on,
        effort=level.lower() if level and not level.endswith("UNSPECIFIED") else None,
        budget=budget if budget is not None and budget > 0 else None,
        extra={"thinkingConfig": config},
    )
