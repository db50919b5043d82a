"""Databricks model serving. A model is the name of a serving endpoint; the workspace is the address."""

import json

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor


def endpoint_names(body: bytes) -> list[str]:
    return [row["name"] for row in json.loads(body)["endpoints"]]


VENDOR = Vendor(
    slug="databricks",
    name="Databricks",
    kind="platform",
    promise="verified",
    base_url="https://{workspace_host}/serving-endpoints",
    default_model="databricks-claude-haiku-5-5",
    roles={"fast": "databricks-claude-haiku-5-5"},
    settings=(
        Setting(
            name="workspace_host",
            label="Workspace host",
            help="Without https://, as adb-1234567890123456.7.azuredatabricks.net.",
        ),
    ),
    embeddings="openai",
    models_path="/../api/2.0/serving-endpoints",
    read_models=endpoint_names,
    docs="https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference",
    quirks=Quirks(
        content_lists=True,
        drop=frozenset({"stream_options"}),  # some served models answer 400 to it
        usage_in_stream="always",
        developer_as_system=True,
        part_fields=frozenset({"cache_control"}),
    ),
    env={"api_key": ("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"), "base_url": ("DATABRICKS_API_BASE",)},
    note=(
        "Takes personal access tokens (dapi…) and OAuth tokens of an hour's life. Prices are billed in DBU and differ "
        "by contract. Anthropic's protocol is spoken under /serving-endpoints/anthropic."
    ),
    models=(
        ModelFact(
            id="databricks-claude-sonnet-5-5",
            context_window=1_000_000,
            max_output=128_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=2, output=10, cached_input=0.1),
        ),
        ModelFact(
            id="databricks-claude-haiku-5-5",
            context_window=1_000_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.1, output=0.5, cached_input=0.01),
        ),
        ModelFact(
            id="databricks-gpt-6-1-terra",
            context_window=922_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=1, output=5, cached_input=0.05),
        ),
        ModelFact(
            id="databricks-gemini-4-argon",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=2.5, output=12.5, cached_input=0.13),
        ),
        ModelFact(
            id="databricks-glm-5-3",
            context_window=1_048_576,
            max_output=65_536,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="databricks-kimi-k3",
            context_window=1_000_000,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=15, cached_input=0.3),
        ),
        ModelFact(
            id="databricks-gpt-oss-120b",
            context_window=131_072,
            max_output=131_072,
            price=Price(input=0.15, output=0.6, cached_input=0.15),
        ),
        ModelFact(
            id="databricks-llama-4-maverick",
            context_window=128_000,
            max_output=128_000,
            price=Price(input=0.5, output=1.5, cached_input=0.5),
        ),
        ModelFact(id="databricks-gte-large-en", mode="embedding", context_window=8_192, price=Price(input=0.13)),
        ModelFact(
            id="databricks-qwen3-embedding-0-6b", mode="embedding", context_window=32_768, price=Price(input=0.02)
        ),
    ),
)
