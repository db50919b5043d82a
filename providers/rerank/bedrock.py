"""Amazon Bedrock's rerankers over InvokeModel: Cohere's shape, with a version in the body for Cohere's own."""

from __future__ import annotations

from typing import Any

from providers.canonical import HttpParts, Target
from providers.rerank.asking import taken, translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read


class BedrockRerank:
    name = "bedrock"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        body: dict[str, Any] = {"query": call.query, "documents": call.texts}
        if call.top_n is not None:
            body["top_n"] = min(call.top_n, len(call.documents))  # more is refused
        if "cohere." in target.model:
            body = {"api_version": 2, **body, **taken(call, "max_tokens_per_doc")}
        return translated(call, where(target, "/model/{model}/invoke"), body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = BedrockRerank()
