"""Text Embeddings Inference's ``/rerank``: a bare array, and one model, so none is named."""

from __future__ import annotations

from providers.canonical import HttpParts, Target
from providers.rerank.asking import taken, translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read


class TeiRerank:
    name = "tei"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        known = taken(call, "raw_scores", "truncate", "truncation_direction")
        return translated(call, where(target), {"query": call.query, "texts": call.texts, **known})

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = TeiRerank()
