"""Gemini's ``batchEmbedContents``, and ``embedContent`` where the vendor's path says so and there is one text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.purposes import FIELDS, word
from providers.embeddings.reading import decoded, input_usage, refusal, reply, summed

ONE, MANY = ":embedContent", ":batchEmbedContents"
MOST_INPUTS = 100
TASKS = {
    "search_query": "RETRIEVAL_QUERY",
    "search_document": "RETRIEVAL_DOCUMENT",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "semantic_similarity": "SEMANTIC_SIMILARITY",
}


class _Values(msgspec.Struct):
    values: Raw


class _Usage(msgspec.Struct):
    promptTokenCount: Any = None


class _Body(msgspec.Struct):
    embeddings: list[_Values] | None = None
    embedding: _Values | None = None
    usageMetadata: _Usage | None = None


_body = msgspec.json.Decoder(_Body)


class GeminiEmbeddings:
    name = "gemini"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        asked = [_request(text, call, target) for text in texts(call, target)]
        lost = dropped(call, asked[0], *FIELDS)
        place = where(target, f"/models/{{model}}{MANY}")
        if place.endswith(ONE):
            if len(asked) == 1:
                return parts(place, asked, dropped=lost)
            place = place.removesuffix(ONE) + MANY
        batches = groups(asked, target, most=MOST_INPUTS)
        return parts(place, [{"requests": batch} for batch in batches], dropped=lost)

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [_read(body, target) for body in bodies]
        usage = summed(input_usage(one.usageMetadata and one.usageMetadata.promptTokenCount) for one in read)
        embeddings = [found.values for one in read for found in one.embeddings or ()]
        return reply(embeddings, call, target, usage=usage)


def _request(text: str, call: EmbeddingCall, target: Target) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": f"models/{target.model.removeprefix('models/')}",
        "content": {"parts": [{"text": text}]},
        **taken(call, "title", "autoTruncate"),
    }
    if task := word(call, TASKS):
        request["taskType"] = task
    if call.dimensions is not None:
        request["outputDimensionality"] = call.dimensions
    return request


def _read(body: bytes, target: Target) -> _Body:
    found = decoded(_body, body, target)
    if found.embeddings is None and found.embedding is not None:
        found.embeddings = [found.embedding]
    if found.embeddings is None:
        raise refusal(body, target)
    return found


DIALECT = GeminiEmbeddings()
