"""Baichuan. Model ids have capitals; there is no model list to test a key with."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="baichuan",
    name="Baichuan",
    kind="cloud",
    region="cn",
    base_url="https://api.baichuan-ai.com/v1",
    default_model="Baichuan4-Turbo",
    embeddings="openai",
    models_path=None,
    docs="https://platform.baichuan-ai.com/docs/api",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        usage_in_stream="always",
        developer_as_system=True,
    ),
    env={"api_key": ("BAICHUAN_API_KEY",), "base_url": ("BAICHUAN_API_BASE",)},
    note="The company turned to medical models (M2, M3). top_k ends at 20. No free call tests a key.",
    models=(
        ModelFact(id="Baichuan-M3", context_window=32_000, max_output=30_000, reasoning=True),
        ModelFact(id="Baichuan-M3-plus", context_window=32_000, max_output=16_000, reasoning=True),
        ModelFact(id="Baichuan-M2", context_window=32_000),
        ModelFact(id="Baichuan4-Turbo", context_window=32_000, max_output=8_192, tools=True),
        ModelFact(id="Baichuan4-Air", context_window=32_000, max_output=8_192, tools=True),
        ModelFact(id="Baichuan-Text-Embedding", mode="embedding", context_window=512),
    ),
)
