"""Text Embeddings Inference (Hugging Face), usually on a machine of one's own and without a key. A server has one
model: for embeddings, for reranking, or a classifier of texts."""

from __future__ import annotations

from providers.vendors.base import Auth, ModelFact, Vendor
from providers.wires.openai.codec import decode, mapping, string


def _models(body: bytes) -> list[str]:
    """Of ``/info``, which tells of the one model. Raises ``ValueError``."""
    model = string(mapping(decode(body)).get("model_id"))
    return [model] if model else []


VENDOR = Vendor(
    slug="tei",
    name="Text Embeddings Inference",
    kind="local",
    region="any",
    base_url="http://localhost:8080",
    auth=Auth(optional=True),
    docs="https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json",
    note="Serves the model it was started with, whatever name is asked for. Inputs that are too long are refused "
    "unless the server runs with --auto-truncate or the app says truncate.",
    chat_path=None,
    models_path="/info",
    read_models=_models,
    embeddings="tei",
    embeddings_path="/embed",
    rerank="tei",
    moderations="tei",
    moderations_path="/predict",
    env={"api_key": ("TEI_API_KEY",), "base_url": ("TEI_BASE_URL", "TEI_API_BASE")},
    models=(
        ModelFact(id="BAAI/bge-m3", mode="embedding", context_window=8_192),
        ModelFact(id="Qwen/Qwen3-Embedding-0.6B", mode="embedding", context_window=32_768),
        ModelFact(id="BAAI/bge-reranker-v2-m3", mode="rerank", context_window=8_192),
    ),
)
