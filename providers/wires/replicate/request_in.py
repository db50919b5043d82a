"""A prediction as it is asked for → Call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, Image, Message, Part, Text
from providers.wires.openai.fields import Fields, reject

NAME = "replicate"
FIELD = "field"  # in an Image's extra: which input it came from


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the field that is malformed. Inputs without a meaning here stay in
    ``extra["input"]``."""
    fields = Fields(body)
    given = fields.object("input") or Fields({}, "input")
    system = given.string("system_prompt")
    messages = [Message(role="system", parts=(Text(text=system),))] if system is not None else []
    messages.append(Message(role="user", parts=_parts(given)))
    call = {
        "model": fields.string("model") or "",
        "stream": bool(fields.boolean("stream")),
        "max_output": given.integer("max_tokens"),
        "temperature": given.number("temperature"),
        "top_p": given.number("top_p"),
        "top_k": given.integer("top_k"),
        "seed": given.integer("seed"),
        "presence_penalty": given.number("presence_penalty"),
        "frequency_penalty": given.number("frequency_penalty"),
        "stop": _stop(given),
    }
    if given.rest:
        fields.rest["input"] = given.rest
    return Call(messages=tuple(messages), wire=NAME, extra=fields.rest or NOTHING, **call)  # type: ignore[arg-type]


def _parts(given: Fields) -> tuple[Part, ...]:
    parts: list[Part] = [Text(text=given.required("prompt"))]
    if (single := given.string("image")) is not None:
        parts.append(Image(url=single, extra={FIELD: "image"}))
    for name in ("image_input", "images"):
        for url in given.array(name):
            if not isinstance(url, str):
                reject(given.at(name), "expected addresses")
            parts.append(Image(url=url, extra={FIELD: name}))
    return tuple(parts)


def _stop(given: Fields) -> tuple[str, ...]:
    """One string, its words parted by commas."""
    text = given.string("stop_sequences")
    return tuple(text.split(",")) if text else ()
