"""Ollama: on this machine without a key, or ollama.com with one. Its own API unless the OpenAI one is chosen."""

from __future__ import annotations

import json

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor


def read_models(body: bytes) -> list[str]:
    """``/api/tags``: ``{"models": [{"name": "gemma3:4b", …}]}``. Raises ``ValueError`` for anything else."""
    listed = json.loads(body)
    found = listed.get("models") if isinstance(listed, dict) else None
    if not isinstance(found, list):
        raise ValueError("no list of models")
    names = [item.get("model") or item.get("name") for item in found if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str)]


VENDOR = Vendor(
    slug="ollama",
    name="Ollama",
    kind="local",
    region="any",
    wire="ollama",
    other_wires=("openai",),
    promise="verified",
    base_url="http://localhost:11434",
    auth=Auth(optional=True),
    chat_path="/v1/chat/completions",  # of its OpenAI front; its own wire knows its own path
    completions_path="/v1/completions",
    embeddings="ollama",
    embeddings_path="/api/embed",
    models_path="/api/tags",
    models_need_token=False,
    read_models=read_models,
    quirks=Quirks(
        drop=frozenset({"logit_bias", "user"}),
        developer_as_system=True,
        reasoning_fields=("reasoning", "reasoning_content"),
    ),
    env={"api_key": ("OLLAMA_API_KEY",), "base_url": ("OLLAMA_BASE_URL", "OLLAMA_API_BASE")},
    docs="https://docs.ollama.com/api",
    note="Serves what was pulled. A prompt longer than the context is cut off without a word unless options.num_ctx"
    " (default 4,096) is raised; the OpenAI wire cannot set it.",
    roles={"code": "qwen3-coder-next"},
    models=(
        ModelFact(id="gpt-oss:20b", context_window=131_072, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="gpt-oss:120b", context_window=131_072, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="gemma4:31b", context_window=262_144, max_output=262_144, vision=True, tools=True, reasoning=True),
        ModelFact(id="ministral-3:8b", context_window=262_144, max_output=128_000, vision=True, tools=True),
        ModelFact(id="qwen3-coder-next", context_window=262_144, max_output=65_536, tools=True),
        ModelFact(id="llama3.1", context_window=8_192, max_output=8_192, tools=True),
        ModelFact(id="nomic-embed-text", mode="embedding", context_window=2_048),
    ),
)
