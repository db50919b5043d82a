"""Voyage AI: near OpenAI, but ``output_dimension``, and base64 is the only encoding that is ever named."""

from __future__ import annotations

from typing import Any

from providers.canonical import Target
from providers.embeddings.base import EmbeddingCall
from providers.embeddings.openai import OpenAIEmbeddings
from providers.embeddings.purposes import FIELDS, word

_WORDS = {"search_query": "query", "search_document": "document"}


class VoyageEmbeddings(OpenAIEmbeddings):
    name = "voyage"
    most_inputs = 1000

    def write_body(self, call: EmbeddingCall, target: Target) -> dict[str, Any]:
        body = {name: value for name, value in call.extra.items() if name not in FIELDS}
        body["model"] = target.model
        if call.user is not None:
            body["user"] = call.user
        if purpose := word(call, _WORDS):
            body["input_type"] = purpose
        if call.dimensions is not None:
            body["output_dimension"] = call.dimensions
        if call.base64:
            body["encoding_format"] = "base64"
        return body


DIALECT = VoyageEmbeddings()
