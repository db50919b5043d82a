"""Jina AI: embeddings, reranking, and a small chat model. DeepSearch chats at an address of its own."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor


def _embedding(id: str, context_window: int) -> ModelFact:
    return ModelFact(id=id, mode="embedding", context_window=context_window)


VENDOR = Vendor(
    slug="jina",
    name="Jina AI",
    kind="cloud",
    base_url="https://api.jina.ai/v1",
    default_model="jina-vlm",
    docs="https://jina.ai/embeddings/",
    note="For DeepSearch set the base URL https://deepsearch.jina.ai/v1.",
    embeddings="jina",
    rerank="jina",
    quirks=Quirks(drop=frozenset({"user"})),
    env={
        "api_key": ("JINA_API_KEY", "JINA_AI_API_KEY", "JINA_AI_TOKEN"),
        "base_url": ("JINA_AI_API_BASE",),
    },
    models=(
        _embedding("jina-embeddings-v4", 32_768),
        _embedding("jina-embeddings-v3", 8_192),
        _embedding("jina-embeddings-v5-text-small", 32_768),
        _embedding("jina-clip-v2", 8_192),
        ModelFact(id="jina-reranker-v3", mode="rerank", context_window=134_144),
        ModelFact(id="jina-reranker-m0", mode="rerank", context_window=134_144),
        ModelFact(
            id="jina-reranker-v2-base-multilingual", mode="rerank", context_window=1_024, price=Price(input=0.05)
        ),
        ModelFact(id="jina-vlm", context_window=32_768, max_output=8_192, tools=True),
        ModelFact(id="jina-deepsearch-v1", reasoning=True),
    ),
)
