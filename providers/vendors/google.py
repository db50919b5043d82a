"""Google AI Studio: Gemini over the Generative Language API."""

from __future__ import annotations

import msgspec

from providers.auth.google import key_headers
from providers.vendors.base import Auth, ModelFact, Price, Vendor


def listed_models(body: bytes) -> list[str]:
    """The ids of ``{"models": [{"name": "models/gemini-…"}]}``. Raises ``ValueError`` or ``TypeError``."""
    rows = msgspec.json.decode(body)["models"]
    return [str(row["name"]).removeprefix("models/") for row in rows]


def gemini(
    id: str, prices: tuple[float, float, float], *, context_window: int = 1_048_576, max_output: int = 65_536
) -> ModelFact:
    """``prices``: of input, output and cached input."""
    price = Price(input=prices[0], output=prices[1], cached_input=prices[2])
    return ModelFact(
        id=id,
        context_window=context_window,
        max_output=max_output,
        vision=True,
        tools=True,
        reasoning=True,
        structured_output=True,
        price=price,
    )


VENDOR = Vendor(
    slug="google",
    name="Google AI Studio",
    kind="cloud",
    wire="gemini",
    promise="verified",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    auth=Auth(scheme="header", header="x-goog-api-key", spell=key_headers),
    default_model="gemini-3.8-flash",
    roles={"smart": "gemini-4-argon", "fast": "gemini-3.5-flash-lite"},
    models=(
        gemini("gemini-4-argon", (2.0, 10.0, 0.1), max_output=1_048_576),
        gemini("gemini-3.8-flash", (0.75, 3.75, 0.075)),
        gemini("gemini-3.1-pro-preview", (2.0, 12.0, 0.2)),
        gemini("gemini-3.5-flash-lite", (0.3, 2.5, 0.03)),
        gemini("gemini-2.5-pro", (1.25, 10.0, 0.125)),
        gemini("gemini-2.5-flash", (0.3, 2.5, 0.03)),
        gemini("gemini-2.5-flash-lite", (0.1, 0.4, 0.01)),
        ModelFact(id="gemini-embedding-001", mode="embedding", context_window=2_048, price=Price(input=0.15)),
        ModelFact(id="gemini-embedding-2", mode="embedding", context_window=8_192, vision=True, price=Price(input=0.2)),
    ),
    chat_path="/models/{model}:generateContent",
    embeddings="gemini",
    embeddings_path="/models/{model}:batchEmbedContents",
    models_path="/models?pageSize=1000",  # a page holds 50 otherwise
    read_models=listed_models,
    env={
        "api_key": ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"),
        "base_url": ("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_BASE"),
    },
    aliases=("gemini",),
    note="Prices are those of prompts up to 200,000 units; the pro models cost more beyond.",
    docs="https://ai.google.dev/api/generate-content",
)
