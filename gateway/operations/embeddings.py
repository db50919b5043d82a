"""Embeddings in OpenAI's shape: passed through where the vendor's reply is what the app asked for, else translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from gateway.errors import BadRequest
from gateway.operations.base import Bodies, Done, Single, read_beside, read_model
from gateway.routing.targets import Planned
from providers.canonical import HttpParts, Usage
from providers.embeddings import EmbeddingCall, EmbeddingDialect, EmbeddingReply, Input, dialect
from providers.embeddings.headers import header_usage
from providers.embeddings.numbers import as_asked
from providers.embeddings.openai import OpenAIEmbeddings, passing
from providers.errors import SwitchboardError, UnsupportedFeature, VendorGarbled
from providers.wires import StreamTap, wire
from providers.wires.openai.codec import encode

_READ = frozenset({"model", "input", "encoding_format", "dimensions", "input_type", "user"})


class Embeddings(Single):
    """Raises ``BadRequest`` naming the field that is malformed."""

    endpoint = "embeddings"
    stream = False

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.model = read_model(body)
        self.beside = read_beside(body)
        self.call = read_call(body, self.model)

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(body)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        return _dialect(planned).write_requests(self.call, planned.target)

    def read(self, bodies: Bodies, planned: Planned) -> Done:
        speaks, call = _dialect(planned), self.call
        if len(bodies) == 1 and isinstance(speaks, OpenAIEmbeddings):
            passed = passing(bodies[0], call, planned.target)
            if passed is not None:
                return Done(bodies[0], passed.usage or header_usage(bodies.headers))
        reply = speaks.read_replies(bodies, call, planned.target)
        if reply.usage is None:
            reply = replace(reply, usage=header_usage(bodies.headers))
        return Done(_written(reply, call, planned), reply.usage)

    def tap(self, planned: Planned) -> StreamTap:
        raise NotImplementedError("embeddings do not stream")

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return wire("openai").write_stream_error(error, request_id=request_id)


def _dialect(planned: Planned) -> EmbeddingDialect:
    vendor = planned.provider.vendor
    if vendor.embeddings is None:
        raise UnsupportedFeature(f"{vendor.name} has no embeddings.", param="model")
    return dialect(vendor.embeddings)


def read_call(body: Mapping[str, Any], model: str) -> EmbeddingCall:
    given = body.get("input")
    encoding = _word(body, "encoding_format")
    if encoding not in (None, "float", "base64"):
        raise BadRequest("`encoding_format` must be float or base64.", param="encoding_format")
    return EmbeddingCall(
        model=model,
        inputs=_inputs(given),
        bare=_is_bare(given),
        encoding=encoding,
        dimensions=_dimensions(body),
        input_type=_word(body, "input_type"),
        user=_word(body, "user"),
        extra={name: value for name, value in body.items() if name not in _READ},
    )


def _inputs(given: Any) -> tuple[Input, ...]:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, list) and given:
        if all(isinstance(one, str) for one in given):
            return tuple(given)
        if _are_numbers(given):
            return (tuple(given),)
        if all(isinstance(one, list) and one and _are_numbers(one) for one in given):
            return tuple(tuple(one) for one in given)
    raise BadRequest(
        "`input` must be a text, a list of texts, or a list (or lists) of a tokenizer's numbers, and not empty.",
        param="input",
    )


def _is_bare(given: Any) -> bool:
    return isinstance(given, str) or (isinstance(given, list) and isinstance(given[0], int))


def _are_numbers(given: list[Any]) -> bool:
    return all(type(one) is int for one in given)


def _word(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadRequest(f"`{name}` must be a string.", param=name)


def _dimensions(body: Mapping[str, Any]) -> int | None:
    value = body.get("dimensions")
    if value is None or (type(value) is int and value > 0):
        return value
    raise BadRequest("`dimensions` must be a whole number above 0.", param="dimensions")


def _written(reply: EmbeddingReply, call: EmbeddingCall, planned: Planned) -> bytes:
    try:
        embeddings = [as_asked(one, base64=call.base64) for one in reply.embeddings]
    except ValueError as error:
        name = planned.provider.vendor.name
        raise VendorGarbled(f"{name} sent an embedding that is {error}.", vendor_status=200) from None
    rows = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(embeddings)]
    return encode({"object": "list", "data": rows, "model": reply.model, **_usage(reply.usage)})


def _usage(usage: Usage | None) -> dict[str, Any]:
    """Figures nobody counted are left out, never written as 0."""
    if usage is None:
        return {}
    return {"usage": {"prompt_tokens": usage.input, "total_tokens": usage.input + usage.output}}
