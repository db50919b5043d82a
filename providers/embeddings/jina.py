"""Jina AI: OpenAI's shape, with ``task`` for what a text is for and ``embedding_type`` for the form of the vectors."""

from __future__ import annotations

from typing import Any

from providers.canonical import Target
from providers.embeddings.base import EmbeddingCall
from providers.embeddings.openai import OpenAIEmbeddings
from providers.embeddings.purposes import FIELDS, word

_TASKS = {
    "search_query": "retrieval.query",
    "search_document": "retrieval.passage",
    "classification": "classification",
    "clustering": "separation",
    "semantic_similarity": "text-matching",
}


class JinaEmbeddings(OpenAIEmbeddings):
    name = "jina"

    def write_body(self, call: EmbeddingCall, target: Target) -> dict[str, Any]:
        body = {name: value for name, value in call.extra.items() if name not in FIELDS}
        body["model"] = target.model
        if call.user is not None:
            body["user"] = call.user
        if task := word(call, _TASKS):
            body["task"] = task
        if call.dimensions is not None:
            body["dimensions"] = call.dimensions
        if call.encoding is not None:
            body.setdefault("embedding_type", call.encoding)
        return body


DIALECT = JinaEmbeddings()
