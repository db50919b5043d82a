"""DeepInfra. The model list is public, so a key is tried on the account's rate limit."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="deepinfra",
    name="DeepInfra",
    kind="cloud",
    base_url="https://api.deepinfra.com/v1/openai",
    default_model="openai/gpt-oss-120b",
    roles={"smart": "moonshotai/Kimi-K3", "fast": "openai/gpt-oss-120b"},
    completions_path="/completions",
    embeddings="openai",
    models_need_token=False,
    rerank="deepinfra",
    rerank_path="/../inference/{model}",
    probe_path="/../me/rate_limit",
    docs="https://deepinfra.com/docs/openai_api",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
        text_as_string=True,  # of a tool's result it takes nothing else
    ),
    env={
        "api_key": ("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "DEEPINFRA_API_TOKEN"),
        "base_url": ("DEEPINFRA_API_BASE",),
    },
    note=(
        "tool_choice knows auto and none only. Anthropic's protocol is spoken at https://api.deepinfra.com/anthropic."
    ),
    models=(
        ModelFact(
            id="deepseek-ai/DeepSeek-V4.1-Flash-1017",
            context_window=1_048_576,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.14, output=0.42, cached_input=0.0042),
        ),
        ModelFact(
            id="moonshotai/Kimi-K3",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            price=Price(input=2.85, output=14.25, cached_input=0.285),
        ),
        ModelFact(
            id="zai-org/GLM-5.2",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.75, output=2.4, cached_input=0.14),
        ),
        ModelFact(
            id="Qwen/Qwen3.8-27B",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.4, output=3, cached_input=0.04),
        ),
        ModelFact(
            id="openai/gpt-oss-120b",
            context_window=131_072,
            max_output=131_072,
            tools=True,
            price=Price(input=0.037, output=0.17),
        ),
        ModelFact(
            id="MiniMaxAI/MiniMax-M3",
            context_window=524_288,
            max_output=524_288,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.28, output=1.1, cached_input=0.056),
        ),
        ModelFact(
            id="google/gemma-4-31B-it",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.13, output=0.38),
        ),
    ),
)
