"""Voyage AI. Embeddings and reranking only; refuses fields it does not know, and has no model list."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor


def _embedding(id: str, price: float, *, context_window: int = 32_000) -> ModelFact:
    return ModelFact(id=id, mode="embedding", context_window=context_window, price=Price(input=price))


def _rerank(id: str, price: float) -> ModelFact:
    return ModelFact(id=id, mode="rerank", context_window=32_000, price=Price(input=price))


VENDOR = Vendor(
    slug="voyage",
    name="Voyage AI",
    kind="cloud",
    promise="verified",
    base_url="https://api.voyageai.com/v1",
    docs="https://docs.voyageai.com/reference/embeddings-api",
    note="Keys issued in MongoDB Atlas go to https://ai.mongodb.com/v1.",
    chat_path=None,
    models_path=None,
    embeddings="voyage",
    rerank="voyage",
    quirks=Quirks(drop=frozenset({"user"})),
    env={
        "api_key": ("VOYAGE_API_KEY", "VOYAGE_AI_API_KEY", "VOYAGE_AI_TOKEN"),
        "base_url": ("VOYAGE_API_BASE",),
    },
    models=(
        _embedding("voyage-4-large", 0.12),
        _embedding("voyage-4", 0.06),
        _embedding("voyage-4-lite", 0.02),
        _embedding("voyage-code-4", 0.12),
        _rerank("rerank-3", 0.05),
        _rerank("rerank-3-lite", 0.02),
        _rerank("rerank-2.5", 0.05),
    ),
)
