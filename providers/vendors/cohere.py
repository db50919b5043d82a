"""Cohere, by its own v2 API. Its prices are for ``billed_units``, not for the units that Usage counts."""

from __future__ import annotations

import json

from providers.vendors.base import ModelFact, Price, Vendor


def read_models(body: bytes) -> list[str]:
    """``{"models": [{"name": …, "endpoints": […]}]}``. Raises ``ValueError`` for anything else."""
    listed = json.loads(body)
    found = listed.get("models") if isinstance(listed, dict) else None
    if not isinstance(found, list):
        raise ValueError("no list of models")
    names = [item.get("name") for item in found if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str)]


VENDOR = Vendor(
    slug="cohere",
    name="Cohere",
    kind="cloud",
    wire="cohere",
    promise="verified",
    base_url="https://api.cohere.com",
    default_model="command-a-03-2025",
    roles={"smart": "command-a-plus-05-2026", "fast": "command-r7b-12-2024"},
    chat_path="/v2/chat",
    embeddings="cohere",
    embeddings_path="/v2/embed",
    rerank="cohere",
    rerank_path="/v2/rerank",
    models_path="/v1/models?page_size=1000",
    read_models=read_models,
    docs="https://docs.cohere.com/reference/chat",
    env={"api_key": ("COHERE_API_KEY", "CO_API_KEY"), "base_url": ("COHERE_API_BASE", "CO_BASE_URL")},
    note="Costs are on the high side: Cohere bills fewer units (billed_units) than the model reads and writes."
    " Trial keys are limited to 1,000 calls a month.",
    models=(
        ModelFact(
            id="command-a-plus-05-2026",
            context_window=128_000,
            max_output=64_000,
            vision=True,
            tools=True,
            reasoning=True,
            structured_output=True,
        ),
        ModelFact(
            id="command-a-03-2025",
            context_window=256_000,
            max_output=8_000,
            tools=True,
            structured_output=True,
            price=Price(input=2.5, output=10.0),
        ),
        ModelFact(
            id="command-r-plus-08-2024",
            context_window=128_000,
            max_output=4_096,
            tools=True,
            structured_output=True,
            price=Price(input=2.5, output=10.0),
        ),
        ModelFact(
            id="command-r7b-12-2024",
            context_window=128_000,
            max_output=4_096,
            tools=True,
            structured_output=True,
            price=Price(input=0.0375, output=0.15),
        ),
        ModelFact(id="embed-v4.0", mode="embedding", context_window=128_000, price=Price(input=0.12)),
        ModelFact(id="embed-v5.0-pro", mode="embedding", context_window=128_000, price=Price(input=0.12)),
        ModelFact(id="rerank-v4.0-pro", mode="rerank", context_window=32_768),
        ModelFact(id="rerank-v5.0-pro", mode="rerank", context_window=32_768, price=Price(input=0.05)),
        ModelFact(id="rerank-v3.5", mode="rerank", context_window=4_096),
    ),
)
