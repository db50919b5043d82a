"""Cloudflare Workers AI: its own ``/run/{model}``, or its OpenAI front if that is chosen."""

from __future__ import annotations

import json

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor


def read_models(body: bytes) -> list[str]:
    """``{"result": [{"name": "@cf/…", "task": {…}}]}``. Raises ``ValueError`` for anything else."""
    listed = json.loads(body)
    found = listed.get("result") if isinstance(listed, dict) else None
    if not isinstance(found, list):
        raise ValueError("no list of models")
    names = [item.get("name") for item in found if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str)]


VENDOR = Vendor(
    slug="cloudflare",
    name="Cloudflare Workers AI",
    kind="platform",
    wire="cloudflare",
    other_wires=("openai",),
    promise="verified",
    base_url="https://api.cloudflare.com/client/v4/accounts/{account_id}/ai",
    settings=(
        Setting(
            name="account_id",
            label="Account ID",
            help="Thirty-two hexadecimal digits, in the dashboard's address.",
            required=True,
        ),
    ),
    default_model="@cf/meta/llama-3.3-70b-instruct-fp8-fast",
    roles={"fast": "@cf/meta/llama-3.3-70b-instruct-fp8-fast", "code": "@cf/moonshotai/kimi-k2.7-code"},
    chat_path="/v1/chat/completions",  # of its OpenAI front; its own wire knows its own path
    embeddings="openai",
    embeddings_path="/v1/embeddings",
    models_path="/models/search?per_page=100",
    read_models=read_models,
    quirks=Quirks(developer_as_system=True, message_drop=frozenset({"thinking_blocks", "reasoning_details"})),
    docs="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
    env={"api_key": ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_WORKERS_AI_API_KEY"), "base_url": ("CLOUDFLARE_API_BASE",)},
    note="Without max_tokens most models stop after 256, and do not say that they did. Its own API takes no JSON schema"
    " while streaming.",
    models=(
        ModelFact(
            id="@cf/openai/gpt-oss-120b",
            context_window=128_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=0.35, output=0.75),
        ),
        ModelFact(
            id="@cf/moonshotai/kimi-k2.7-code",
            context_window=262_144,
            max_output=262_144,
            tools=True,
            reasoning=True,
            price=Price(input=0.95, output=4.0, cached_input=0.19),
        ),
        ModelFact(
            id="@cf/zai-org/glm-5.2",
            context_window=262_144,
            max_output=262_144,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="@cf/google/gemma-4-26b-a4b-it",
            context_window=256_000,
            max_output=256_000,
            tools=True,
            reasoning=True,
            price=Price(input=0.1, output=0.3),
        ),
        ModelFact(
            id="@cf/meta/llama-3.3-70b-instruct-fp8-fast",
            context_window=24_000,
            max_output=24_000,
            tools=True,
            price=Price(input=0.293, output=2.253),
        ),
        ModelFact(
            id="@cf/qwen/qwen3-30b-a3b-fp8",
            context_window=32_768,
            max_output=32_768,
            tools=True,
            reasoning=True,
            price=Price(input=0.0509, output=0.335),
        ),
        ModelFact(id="@cf/baai/bge-m3", mode="embedding", context_window=8_192),
    ),
)
