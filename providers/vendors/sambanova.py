"""SambaNova Cloud. The model list is public and tells limits and prices."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="sambanova",
    name="SambaNova",
    kind="cloud",
    base_url="https://api.sambanova.ai/v1",
    default_model="gpt-oss-120b",
    roles={"fast": "gpt-oss-120b"},
    completions_path="/completions",
    embeddings="openai",
    models_need_token=False,
    docs="https://docs.sambanova.ai/docs/en/api-reference/endpoints/chat",
    quirks=Quirks(
        drop=frozenset({"logit_bias", "frequency_penalty", "presence_penalty", "encoding_format"}),
        developer_as_system=True,
        text_as_string=True,
    ),
    env={"api_key": ("SAMBANOVA_API_KEY",), "base_url": ("SAMBANOVA_API_BASE", "SAMBANOVA_BASE_URL")},
    note=("Some models refuse a temperature above 1. The window served can be shorter than the model's."),
    models=(
        ModelFact(
            id="MiniMax-M2.7",
            context_window=196_608,
            max_output=131_072,
            tools=True,
            reasoning=True,
            price=Price(input=0.6, output=2.4),
        ),
        ModelFact(
            id="DeepSeek-V3.2", context_window=32_768, max_output=32_768, tools=True, price=Price(input=3, output=4.5)
        ),
        ModelFact(
            id="DeepSeek-V3.1",
            context_window=131_072,
            max_output=131_072,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=4.5),
        ),
        ModelFact(
            id="gpt-oss-120b",
            context_window=131_072,
            max_output=131_072,
            tools=True,
            reasoning=True,
            price=Price(input=0.22, output=0.59),
        ),
        ModelFact(
            id="gemma-4-31B-it",
            context_window=131_072,
            max_output=131_072,
            vision=True,
            price=Price(input=0.38, output=1.15),
        ),
        ModelFact(
            id="Meta-Llama-3.3-70B-Instruct",
            context_window=131_072,
            max_output=131_072,
            tools=True,
            price=Price(input=0.6, output=1.2),
        ),
        ModelFact(
            id="Llama-4-Maverick-17B-128E-Instruct",
            context_window=131_072,
            max_output=131_072,
            vision=True,
            tools=True,
            price=Price(input=0.63, output=1.8),
        ),
    ),
)
