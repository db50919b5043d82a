"""novita.ai: open models. The model list is public, so a key is tried on the balance."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="novita",
    name="novita.ai",
    kind="aggregator",
    base_url="https://api.novita.ai/openai/v1",
    default_model="openai/gpt-oss-120b",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    models_need_token=False,
    probe_path="/../../openapi/v1/billing/balance/detail",
    docs="https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("NOVITA_API_KEY",), "base_url": ("NOVITA_API_BASE",)},
    note=(
        "Some models switch thinking with enable_thinking or separate_reasoning. Anthropic's protocol is spoken at "
        "https://api.novita.ai/anthropic."
    ),
    models=(
        ModelFact(
            id="deepseek/deepseek-v4-pro-0813",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.32, output=3.96, cached_input=0.132),
        ),
        ModelFact(
            id="zai-org/glm-5.3",
            context_window=1_048_576,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="moonshotai/kimi-k3",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=15, cached_input=0.3),
        ),
        ModelFact(
            id="minimax/minimax-m3",
            context_window=1_000_000,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.06),
        ),
        ModelFact(
            id="qwen/qwen3.8-max",
            context_window=1_000_000,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=2, output=6, cached_input=0.25),
        ),
        ModelFact(
            id="openai/gpt-oss-120b",
            context_window=131_072,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.05, output=0.25),
        ),
    ),
)
