"""Jina's rerank, the shape most others took: vLLM, llama.cpp, LocalAI, Xinference, GPUStack, SiliconFlow, Together …"""

from __future__ import annotations

from providers.canonical import HttpParts, Target
from providers.rerank.asking import passed
from providers.rerank.base import RerankCall, RerankReply
from providers.rerank.reading import read


class JinaRerank:
    name = "jina"

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        return passed(
            call,
            target,
            model=target.model,
            query=call.query,
            documents=call.texts,
            top_n=call.top_n,
            return_documents=call.return_documents,
        )

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        return read(body, call, target)


DIALECT = JinaRerank()
