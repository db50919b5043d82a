"""NVIDIA's retrievers: OpenAI's shape with an ``input_type`` (query or passage) that must be there."""

from __future__ import annotations

from typing import Any

from providers.canonical import Target
from providers.embeddings.base import EmbeddingCall
from providers.embeddings.openai import OpenAIEmbeddings
from providers.embeddings.purposes import word

_WORDS = {"search_query": "query", "search_document": "passage"}


class NvidiaEmbeddings(OpenAIEmbeddings):
    name = "nvidia"

    def write_body(self, call: EmbeddingCall, target: Target) -> dict[str, Any]:
        return {**super().write_body(call, target), "input_type": word(call, _WORDS, default="passage")}


DIALECT = NvidiaEmbeddings()
