"""Embeddings, one file a dialect: how vendors are asked for vectors, and how they answer. No I/O.

Beside the dialects: ``asking`` and ``reading`` (what they share), ``purposes`` (the words for what a text is for),
``numbers`` (floats and base64).
"""

from providers.embeddings.base import Embedding, EmbeddingCall, EmbeddingDialect, EmbeddingReply, Input, dialect

__all__ = ["Embedding", "EmbeddingCall", "EmbeddingDialect", "EmbeddingReply", "Input", "dialect"]
