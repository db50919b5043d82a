"""NVIDIA's ranking: passages and logits, no ``top_n``; hosted, each model has an address of its own."""

from __future__ import annotations

from providers.canonical import HttpParts, Target
from providers.rerank.asking import taken, translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read


class NvidiaRerank:
    name = "nvidia"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        body = {
            "model": target.model,
            "query": {"text": call.query},
            "passages": [{"text": text} for text in call.texts],
            **taken(call, "truncate"),
        }
        place = where(target, "/ranking", model=target.model.replace(".", "_"))  # as its addresses spell them
        return translated(call, place, body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = NvidiaRerank()
