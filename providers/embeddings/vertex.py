"""Vertex AI's ``:predict``: Gemini's embedding models take one text a request there, the older ones many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.gemini import TASKS
from providers.embeddings.purposes import FIELDS, word
from providers.embeddings.reading import decoded, input_usage, reply, summed

USUAL_PATH = "/projects/{project}/locations/{location}/publishers/google/models/{model}:predict"
MOST_INPUTS = 250


class _Statistics(msgspec.Struct):
    token_count: Any = None


class _Embeddings(msgspec.Struct):
    values: Raw
    statistics: _Statistics | None = None


class _Prediction(msgspec.Struct):
    embeddings: _Embeddings


class _Body(msgspec.Struct):
    predictions: list[_Prediction]


_body = msgspec.json.Decoder(_Body)


class VertexEmbeddings:
    name = "vertex"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        instances = [_instance(text, call) for text in texts(call, target)]
        parameters = taken(call, "autoTruncate")
        if call.dimensions is not None:
            parameters["outputDimensionality"] = call.dimensions
        fixed = {"parameters": parameters} if parameters else {}
        most = 1 if target.model.startswith("gemini-embedding") else MOST_INPUTS
        bodies = [{"instances": group, **fixed} for group in groups(instances, target, most=most)]
        return parts(where(target, USUAL_PATH), bodies, dropped=dropped(call, parameters, "title", *FIELDS))

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [one.embeddings for body in bodies for one in decoded(_body, body, target).predictions]
        usage = summed(input_usage(one.statistics and one.statistics.token_count) for one in read)
        return reply([one.values for one in read], call, target, usage=usage)


def _instance(text: str, call: EmbeddingCall) -> dict[str, Any]:
    instance = {"content": text, **taken(call, "title")}
    if task := word(call, TASKS):
        instance["task_type"] = task
    return instance


DIALECT = VertexEmbeddings()
