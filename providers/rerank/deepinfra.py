"""DeepInfra's native rerank: a query for each document, a score for each in the same order."""

from __future__ import annotations

from providers.canonical import HttpParts, Target
from providers.errors import VendorGarbled
from providers.rerank.asking import taken, translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read
from providers.wires.openai.codec import decode, mapping

USUAL_PATH = "https://api.deepinfra.com/v1/inference/{model}"


class DeepInfraRerank:
    name = "deepinfra"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        documents = call.texts
        body = {"queries": [call.query] * len(documents), "documents": documents, **taken(call, "instruction")}
        return translated(call, where(target, USUAL_PATH, model=target.model), body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        reply = read(body, call, target)
        if len(mapping(decode(body)).get("scores") or ()) != len(call.documents):
            raise VendorGarbled(f"{target.vendor.name} sent another number of scores than of documents")
        return reply


DIALECT = DeepInfraRerank()
