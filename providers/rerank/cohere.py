"""Cohere's rerank: v2 takes texts, v1 objects too (with ``rank_fields``)."""

from __future__ import annotations

from providers.canonical import HttpParts, Target
from providers.rerank.asking import translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read


class CohereRerank:
    name = "cohere"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        place = where(target)
        older = "/v1/" in place
        body = {
            **{name: value for name, value in call.extra.items() if older or name != "rank_fields"},
            "model": target.model,
            "query": call.query,
            "documents": call.documents if older else call.texts,
        }
        if call.top_n is not None:
            body["top_n"] = call.top_n
        return translated(call, place, body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = CohereRerank()
