"""Google's ranking API (Discovery Engine), beside Vertex AI under the same credential."""

from __future__ import annotations

from typing import Any

from providers.canonical import HttpParts, Target
from providers.rerank.asking import translated, where
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read

USUAL_PATH = (
    "https://discoveryengine.googleapis.com/v1/projects/{project}/locations/global"
    "/rankingConfigs/default_ranking_config:rank"
)


class VertexRerank:
    name = "vertex"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        body: dict[str, Any] = {
            "model": target.model,
            "query": call.query,
            "records": [{"id": str(index), "content": text} for index, text in enumerate(call.texts)],
            "ignoreRecordDetailsInResponse": True,
        }
        if call.top_n is not None:
            body["topN"] = call.top_n
        return translated(call, where(target, USUAL_PATH), body)

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = VertexRerank()
