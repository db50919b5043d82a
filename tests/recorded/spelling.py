"""One spelling for what means the same, so that requests can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ALIASES = {"reasoning": "reasoning_content"}  # of a message: a vendor takes back either
EMPTY: tuple[Any, ...] = (None, [], {}, "")
SILENT: tuple[tuple[str, Any], ...] = (  # what means as much when it is not said
    ("is_error", False),
    ("index", 0),
    ("type", "message"),
)
TEXTS = ("text", "input_text", "output_text")
ONES_OWN = ("args", "response", "properties", "parametersJsonSchema", "parameters_json_schema", "responseJsonSchema")


def usual(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Older and other names of the same thing, as the wires write them."""
    asked = _google(asked) if "contents" in asked else dict(asked)
    if isinstance(asked.get("input"), str):  # Responses: one message of the user
        asked["input"] = [{"role": "user", "content": asked["input"]}]
    if "output_format" in asked:  # Anthropic's beta of ``output_config.format``
        asked["output_config"] = {**(asked.get("output_config") or {}), "format": asked.pop("output_format")}
    if isinstance(choice := asked.get("tool_choice"), str):
        asked["tool_choice"] = "required" if choice == "any" else choice.lower()  # Mistral's word; Cohere's capitals
    if isinstance(given := asked.get("response_format"), dict) and "schema" in given:  # Together's, Cohere's
        kept = {name: value for name, value in given.items() if name not in ("schema", "type")}
        asked["response_format"] = {"type": given["type"], "json_schema": {**kept, "schema": given["schema"]}}
    return asked


def _google(asked: Mapping[str, Any]) -> dict[str, Any]:
    """In camel case, functions in one tool, schemas under one name, the role of the instruction (ignored) left out."""
    made: dict[str, Any] = _camel(asked)
    if isinstance(instruction := made.get("systemInstruction"), dict):
        made["systemInstruction"] = {name: one for name, one in instruction.items() if name != "role"}
    for content in made["contents"] if isinstance(made["contents"], list) else ():
        content["role"] = "user" if content.get("role") in (None, "function") else content["role"]
        if isinstance(content.get("parts"), dict):
            content["parts"] = [content["parts"]]
    declared = [one for tool in made.get("tools") or () for one in tool.get("functionDeclarations") or ()]
    others = [tool for tool in made.get("tools") or () if "functionDeclarations" not in tool]
    if declared:
        made["tools"] = [{"functionDeclarations": declared}, *others]
    return made


def _camel(value: Any) -> Any:
    """Names inside schemas and arguments are the app's own."""
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {_camel_name(name): one if name in ONES_OWN else _camel(one) for name, one in value.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def schemas_apart(value: Any) -> Any:
    """Without JSON schemas: a wire may write them in another form (Gemini's own types in capitals)."""
    names = ("parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")
    if isinstance(value, dict):
        return {name: "a schema" if name in names else schemas_apart(one) for name, one in _one_name(value).items()}
    return [schemas_apart(one) for one in value] if isinstance(value, list) else value


def _one_name(value: Mapping[str, Any]) -> dict[str, Any]:
    same = {"parametersJsonSchema": "parameters", "responseJsonSchema": "responseSchema"}
    return {same.get(name, name): one for name, one in value.items()}


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items() if name not in ("id", "tool_call_id")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def normal(value: Any) -> Any:
    """No nulls or empty containers, text for a list of one plain text part, JSON text of arguments as values."""
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list):
        items = [one for one in map(normal, value) if one not in EMPTY]
        return items[0] if len(items) == 1 and isinstance(items[0], str) else items
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _object(value: Mapping[str, Any]) -> Any:
    if set(value) == {"url"}:
        return value["url"]  # of an image_url, which may be bare
    made = {ALIASES.get(name, name): normal(one) for name, one in value.items()}
    if isinstance(data := made.get("data"), str):  # base64 in either alphabet
        made["data"] = data.replace("-", "+").replace("_", "/").rstrip("=")
    if made.get("type") == "function" and "function" in made:
        del made["type"]
    if isinstance(value.get("arguments"), str):
        made["arguments"] = _value(value["arguments"])
    kept = {name: one for name, one in made.items() if one not in EMPTY and (name, one) not in SILENT}
    is_text = set(kept) <= {"text", "type"} and kept.get("type", "text") in TEXTS
    return kept.get("text") if is_text else kept


def _value(text: str) -> Any:
    try:
        return normal(json.loads(text or "{}"))
    except ValueError:
        return text
