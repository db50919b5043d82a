"""Azure OpenAI (Microsoft Foundry). A model is a deployment of ours: its name is what calls ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from providers.auth import entra
from providers.vendors import openai
from providers.vendors.base import Auth, Headers, ModelFact, Price, Quirks, Setting, Vendor

_IDS = ("gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna", "gpt-5.4-mini", "gpt-4.1")


def spell(secret: str) -> Headers | None:
    """An API key, an access token of Entra's, or ``None``: an application's secret, to be exchanged for one."""
    if entra.is_access_token(secret):
        return entra.bearer(secret)
    return None if entra.is_application(secret) else (("api-key", secret),)


def wire_for(model: str, settings: Mapping[str, str]) -> str | None:
    """By the deployment's name, which is usually the model's."""
    if re.match(r"claude\b", model, re.IGNORECASE):
        return "azure_anthropic"
    return openai.wire_for(model, settings)


def _embedding(model_id: str, price: float) -> ModelFact:
    return ModelFact(id=model_id, mode="embedding", context_window=8_192, price=Price(input=price))


VENDOR = Vendor(
    slug="azure",
    name="Azure OpenAI",
    kind="cloud",
    wire="azure",
    other_wires=("responses", "azure_anthropic"),
    wire_for=wire_for,
    promise="verified",
    base_url="https://{resource}.openai.azure.com",
    auth=Auth(scheme="header", header="api-key", spell=spell, exchange=entra.exchange),
    default_model="gpt-5.4-mini",
    roles={"smart": "gpt-6.1-sol", "fast": "gpt-6.1-terra", "code": "gpt-6.1-sol", "creative": "gpt-6.1-terra"},
    models=(
        *(model for model in openai.VENDOR.models if model.id in _IDS),
        *(replace(model, context_window=922_000) for model in openai.VENDOR.models if model.id == "gpt-5.5"),
        _embedding("text-embedding-3-large", 0.143),
        _embedding("text-embedding-3-small", 0.022),
    ),
    settings=(
        Setting(name="resource", label="Resource", help="Its name: RESOURCE.openai.azure.com."),
        Setting(
            name="api_version",
            label="API version",
            help="A date (2024-10-21) calls each deployment at its own path. Empty: the v1 API.",
        ),
        Setting(
            name="scope",
            label="Entra scope",
            help="Of the access token an application's secret is exchanged for.",
            default=entra.SCOPE,
        ),
        Setting(
            name="authority",
            label="Entra authority",
            help="Where it is exchanged; another one in the sovereign clouds.",
            default=entra.AUTHORITY,
        ),
    ),
    chat_path="/openai/v1/chat/completions",
    completions_path="/openai/v1/completions",
    embeddings="openai",
    embeddings_path="/openai/v1/embeddings",
    models_path="/openai/v1/models",
    quirks=Quirks(
        call_drop=frozenset({"extra_content"}),
        rename=openai.VENDOR.quirks.rename,
        drop=openai.VENDOR.quirks.drop,
        message_drop=openai.VENDOR.quirks.message_drop,
    ),
    env={
        "api_key": ("AZURE_OPENAI_API_KEY",),
        "base_url": ("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
        "api_version": ("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"),
        "resource": ("AZURE_OPENAI_RESOURCE",),
    },
    note=(
        "A base URL is the resource's address without a path: https://RESOURCE.openai.azure.com, or "
        "https://RESOURCE.services.ai.azure.com where Claude is called too (deployments called claude…). A token is "
        "an API key, an Entra access token, or an application's secret as tenant:client_id:client_secret or JSON. "
        "Model ids are deployment names; the list shown is the vendor's catalogue."
    ),
    docs="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
)
