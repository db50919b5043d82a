"""What a text is embedded for: the vendors' words ↔ Cohere's, which stand for all."""

from __future__ import annotations

from collections.abc import Mapping

from providers.embeddings.base import EmbeddingCall

FIELDS = ("input_type", "task", "task_type", "taskType")  # where apps say it: Cohere, Jina, Google

_WORDS = {
    "query": "search_query",
    "search_query": "search_query",
    "retrieval.query": "search_query",
    "retrieval_query": "search_query",
    "generic_retrieval": "search_query",
    "document": "search_document",
    "passage": "search_document",
    "search_document": "search_document",
    "retrieval.passage": "search_document",
    "retrieval_document": "search_document",
    "generic_index": "search_document",
    "classification": "classification",
    "clustering": "clustering",
    "separation": "clustering",
    "text-matching": "semantic_similarity",
    "semantic_similarity": "semantic_similarity",
}


def told(call: EmbeddingCall) -> str | None:
    """The app's own word."""
    if call.input_type:
        return call.input_type
    found = (call.extra.get(name) for name in FIELDS)
    return next((word for word in found if isinstance(word, str) and word), None)


def word(call: EmbeddingCall, names: Mapping[str, str], *, default: str | None = None) -> str | None:
    """The vendor's word, by ``names`` from Cohere's. A word nobody knows goes on as it is: the vendor may know it."""
    said = told(call)
    if said is None:
        return default
    known = _WORDS.get(said.lower())
    return said if known is None else names.get(known, default)
