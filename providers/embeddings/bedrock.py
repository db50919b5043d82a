"""Amazon Bedrock's InvokeModel: each family of embedding models has a body of its own, told by the model id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings import cohere
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.purposes import FIELDS, word
from providers.embeddings.reading import decoded, input_usage, refusal, reply, summed
from providers.errors import UnsupportedFeature

_TRUNCATION = ("truncate", "truncationMode")  # inside ``text`` of a Nova body
_PURPOSES = {
    "search_query": "GENERIC_RETRIEVAL",
    "search_document": "GENERIC_INDEX",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


class _Vector(msgspec.Struct):
    embedding: Raw


class _Titan(msgspec.Struct):
    embedding: Raw
    inputTextTokenCount: Any = None


class _Nova(msgspec.Struct):
    embeddings: list[_Vector]


_titan = msgspec.json.Decoder(_Titan)
_nova = msgspec.json.Decoder(_Nova)


class BedrockEmbeddings:
    name = "bedrock"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        inputs = texts(call, target)
        heard: tuple[str, ...] = FIELDS
        match _family(target):
            case "cohere":
                fixed = {**cohere.body_of(call), **taken(call, "embedding_types")}
                bodies = [{**fixed, "texts": group} for group in groups(inputs, target, most=cohere.MOST_INPUTS)]
            case "nova":
                bodies = [_nova_body(text, call) for text in inputs]
                heard += _TRUNCATION
            case _:
                bodies = [_titan_body(text, call, target) for text in inputs]
                heard = ()
        return parts(where(target, "/model/{model}/invoke"), bodies, dropped=dropped(call, bodies[0], *heard))

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        match _family(target):
            case "cohere":
                return cohere.DIALECT.read_replies(bodies, call, target)
            case "nova":
                found = [decoded(_nova, body, target).embeddings for body in bodies]
                if any(len(one) != 1 for one in found):
                    raise refusal(b"", target)
                return reply([one[0].embedding for one in found], call, target, usage=None)
        titan = [decoded(_titan, body, target) for body in bodies]
        usage = summed(input_usage(one.inputTextTokenCount) for one in titan)
        return reply([one.embedding for one in titan], call, target, usage=usage)


def _family(target: Target) -> str:
    model = target.model
    for family, sign in (("cohere", "cohere.embed"), ("nova", "amazon.nova"), ("titan", "amazon.titan-embed")):
        if sign in model:
            return family
    raise UnsupportedFeature(
        f"{target.vendor.name} embeds with Titan, Nova and Cohere models; {model[:200]!r} is none of them.",
        param="model",
    )


def _titan_body(text: str, call: EmbeddingCall, target: Target) -> dict[str, Any]:
    """v1 has no options; v2 has them at the top, the image model its length in an object."""
    body: dict[str, Any] = {"inputText": text, **taken(call, "embeddingConfig", "embeddingTypes")}
    if "titan-embed-text-v2" in target.model:
        body |= taken(call, "normalize")
        if call.dimensions is not None:
            body["dimensions"] = call.dimensions
    elif call.dimensions is not None:
        if "titan-embed-image" not in target.model:
            raise UnsupportedFeature(f"{target.model} has one length of vector only.", param="dimensions")
        body["embeddingConfig"] = {"outputEmbeddingLength": call.dimensions}
    return body


def _nova_body(text: str, call: EmbeddingCall) -> dict[str, Any]:
    truncate = call.extra.get("truncationMode") or call.extra.get("truncate")
    asked: dict[str, Any] = {
        "embeddingPurpose": word(call, _PURPOSES, default="GENERIC_INDEX"),
        "text": {"truncationMode": truncate if isinstance(truncate, str) else "NONE", "value": text},
    }
    if call.dimensions is not None:
        asked["embeddingDimension"] = call.dimensions
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": asked}


DIALECT = BedrockEmbeddings()
