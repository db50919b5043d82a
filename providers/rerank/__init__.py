"""Reranking, one file a dialect: how vendors are asked to order documents, and how they answer. No I/O.

Beside the dialects: ``asking`` and ``reading``, what they share.
"""

from providers.rerank.base import Document, Ranked, RerankCall, RerankDialect, RerankReply, dialect

__all__ = ["Document", "Ranked", "RerankCall", "RerankDialect", "RerankReply", "dialect"]
