"""The JSON schema that replies must hold to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
from jsonschema.validators import validator_for

from gateway.guardrails.schema_patterns import problem_of_patterns, with_timeouts
from providers.wires.openai.codec import decode

REMOTE = ("http://", "https://", "file:")
FENCES = ("```json", "```")


def problem_of_schema(schema: Mapping[str, Any]) -> str:
    """What is wrong with it, in a sentence; "" where nothing is. A schema that points elsewhere is refused: nothing is
    fetched for a check."""
    if far := _far_reference(schema):
        return f"The schema points to {far[:100]}; it must hold all it needs itself."
    try:
        validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        where = "/".join(map(str, error.absolute_path)) or "its top"
        return f"The schema is not valid at {where[:100]}: {error.message[:200]}."
    except Exception:
        return "The schema cannot be read."
    return problem_of_patterns(schema)


def _far_reference(schema: Any) -> str:
    left = [schema]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            for name in ("$ref", "$dynamicRef"):
                if isinstance(one.get(name), str) and one[name].startswith(REMOTE):
                    return str(one[name])
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return ""


class SchemaCheck:
    """Immutable, and safe to use from several calls at once."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        made = with_timeouts(validator_for(schema, default=jsonschema.Draft202012Validator))
        self._validator = made(dict(schema))

    def passed(self, text: str) -> str:
        """Where ``text`` does not hold to it, as "not_json" or a keyword of the schema ("required"); "" where it does.
        Never what stands there. Raises ``TimeoutError`` where a pattern of the schema takes too long."""
        try:
            value = decode(_unfenced(text))
        except ValueError:
            return "not_json"
        error = next(iter(self._validator.iter_errors(value)), None)
        return "" if error is None else str(error.validator)


def _unfenced(text: str) -> str:
    """Without the fence of a code block, in which models like to put JSON."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and len(text) > 6:
        text = text.removesuffix("```")
        return text.removeprefix(FENCES[0]).removeprefix(FENCES[1])
    return text
