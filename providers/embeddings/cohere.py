"""Cohere's embed, v2 and v1: it must be told what the texts are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target, Usage
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.purposes import FIELDS, word
from providers.embeddings.reading import decoded, input_usage, refusal, reply, summed
from providers.errors import UnsupportedFeature
from providers.wires.openai.codec import mapping

MOST_INPUTS = 96
KINDS = ("float", "base64", "int8", "uint8", "binary", "ubinary")  # best first, where several came
_WORDS = {name: name for name in ("search_query", "search_document", "classification", "clustering")}


class Body(msgspec.Struct):
    embeddings: dict[str, list[Raw] | None] | list[Raw]
    id: str | None = None
    meta: dict[str, Any] | None = None


_body = msgspec.json.Decoder(Body)


class CohereEmbeddings:
    name = "cohere"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        fixed: dict[str, Any] = {"model": target.model, **body_of(call), "embedding_types": [_kind(call)]}
        bodies = [{**fixed, "texts": group} for group in groups(texts(call, target), target, most=MOST_INPUTS)]
        return parts(where(target, "/v2/embed"), bodies, dropped=dropped(call, fixed, *FIELDS))

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [read_body(body, target) for body in bodies]
        embeddings = [one for each in read for one in vectors(each, target)]
        usage = summed(_usage(one.meta) for one in read)
        return reply(embeddings, call, target, usage=usage, id=read[0].id)


def body_of(call: EmbeddingCall) -> dict[str, Any]:
    """What Cohere's models take wherever they are served."""
    body = {
        "input_type": word(call, _WORDS, default="search_document"),
        **taken(call, "truncate", "max_tokens", "priority"),
    }
    if call.dimensions is not None:
        body["output_dimension"] = call.dimensions
    return body


def _kind(call: EmbeddingCall) -> str:
    kinds = call.extra.get("embedding_types")
    if kinds is None:
        return "float"
    if isinstance(kinds, list) and len(kinds) == 1 and isinstance(kinds[0], str):
        return kinds[0]
    raise UnsupportedFeature(
        "Embeddings come back in one type: `embedding_types` must hold one.", param="embedding_types"
    )


def read_body(body: bytes, target: Target) -> Body:
    return decoded(_body, body, target)


def vectors(body: Body, target: Target) -> list[Raw]:
    """Of whichever type came; v1 without types sends a bare list."""
    if isinstance(body.embeddings, list):
        return body.embeddings
    found = [rows for kind in KINDS if (rows := body.embeddings.get(kind)) is not None]
    if not found:
        raise refusal(b"", target)
    return found[0]


def _usage(meta: Mapping[str, Any] | None) -> Usage | None:
    """What is billed: ``tokens`` counts otherwise."""
    billed = mapping(mapping(meta).get("billed_units"))
    images = billed.get("image_tokens")
    usage = input_usage(billed.get("input_tokens", mapping(mapping(meta).get("tokens")).get("input_tokens")))
    return summed([usage, input_usage(images)]) if images else usage


DIALECT = CohereEmbeddings()
