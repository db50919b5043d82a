"""IBM watsonx.ai's rerank."""

from __future__ import annotations

from typing import Any

from providers.canonical import HttpParts, Target
from providers.embeddings.watsonx import owner
from providers.rerank.asking import translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read
from providers.wires.openai.codec import mapping


class WatsonxRerank:
    name = "watsonx"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        options: dict[str, Any] = dict(mapping(call.extra.get("parameters")))
        if call.top_n is not None:
            options["return_options"] = {**mapping(options.get("return_options")), "top_n": call.top_n}
        body = {
            "model_id": target.model,
            **owner(target),
            "query": call.query,
            "inputs": [{"text": text} for text in call.texts],
            **({"parameters": options} if options else {}),
        }
        return translated(call, where(target, "/ml/v1/text/rerank"), body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = WatsonxRerank()
