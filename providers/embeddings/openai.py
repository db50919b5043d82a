"""OpenAI's embeddings, which most vendors speak. What the app said goes on as it said it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target, Usage
from providers.embeddings.asking import groups, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.numbers import is_base64
from providers.embeddings.reading import decoded, in_order, input_usage, refusal, reply, summed
from providers.vendors.base import Quirks
from providers.wires.openai.codec import encode, mapping
from providers.wires.openai.figures import read_usage

MOST_INPUTS = 2048


class Row(msgspec.Struct):
    embedding: Raw
    index: int | None = None


class Body(msgspec.Struct):
    data: list[Row]
    model: str | None = None
    usage: dict[str, Any] | None = None
    id: str | None = None
    error: Any = None


_body = msgspec.json.Decoder(Body)


class OpenAIEmbeddings:
    """A dialect near it overrides ``write_body``."""

    name = "openai"
    usual_path = "/embeddings"
    most_inputs = MOST_INPUTS

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        body, dropped = with_quirks(self.write_body(call, target), target.vendor.quirks)
        place = where(target, self.usual_path)
        batches = groups(call.inputs, target, most=self.most_inputs)
        return [
            HttpParts(path=place, content=encode({**body, "input": _input(batch, call)}), dropped=dropped)
            for batch in batches
        ]

    def write_body(self, call: EmbeddingCall, target: Target) -> dict[str, Any]:
        """All but ``input``."""
        said = {
            "encoding_format": call.encoding,
            "dimensions": call.dimensions,
            "input_type": call.input_type,
            "user": call.user,
        }
        return {
            "model": target.model,
            **{name: value for name, value in said.items() if value is not None},
            **call.extra,
        }

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [_read(body, target) for body in bodies]
        embeddings = [row for one in read for row in in_order([(row.index, row.embedding) for row in one.data], target)]
        return reply(
            embeddings,
            call,
            target,
            usage=summed(usage_of(one.usage, target) for one in read),
            model=read[0].model,
            id=read[0].id,
        )


def _input(batch: Sequence[Any], call: EmbeddingCall) -> Any:
    return batch[0] if call.bare else batch


def with_quirks(body: dict[str, Any], quirks: Quirks) -> tuple[dict[str, Any], tuple[str, ...]]:
    """``body`` with what the vendor calls otherwise renamed and what it refuses left out; the names of the latter."""
    for name, wanted in quirks.rename.items():
        if name in body:
            value = body.pop(name)
            body.setdefault(wanted, value)
    lost = {name for name in quirks.drop & body.keys() if body.pop(name) is not None}
    return body, tuple(sorted(lost - {"encoding_format"}))  # the app gets the form it asked for all the same


def _read(body: bytes, target: Target) -> Body:
    found = decoded(_body, body, target)
    if found.error:
        raise refusal(body, target)
    return found


def usage_of(given: Mapping[str, Any] | None, target: Target) -> Usage | None:
    """OpenAI's usage object, or one that only has a total."""
    usage = read_usage(given, target.vendor.quirks)
    return usage or input_usage(mapping(given).get("total_tokens"))


def passing(body: bytes, call: EmbeddingCall, target: Target) -> EmbeddingReply | None:
    """The reply, if ``body`` may go to the app as it came: every embedding in its place and in the form asked for,
    and usage in OpenAI's words if there is any. ``None``: it must be read and written again."""
    try:
        found = _body.decode(body)
    except (ValueError, RecursionError):
        return None
    rows = found.data
    if found.error or len(rows) != len(call.inputs) or (found.usage and "prompt_tokens" not in found.usage):
        return None
    if any(row.index != place or is_base64(row.embedding) is not call.base64 for place, row in enumerate(rows)):
        return None
    embeddings = [row.embedding for row in rows]
    return reply(embeddings, call, target, usage=usage_of(found.usage, target), model=found.model, id=found.id)


DIALECT = OpenAIEmbeddings()
