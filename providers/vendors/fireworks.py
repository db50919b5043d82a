"""Fireworks AI. Model ids are paths, and a dot in a version is a p (glm-5p3)."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="fireworks",
    name="Fireworks AI",
    kind="cloud",
    base_url="https://api.fireworks.ai/inference/v1",
    default_model="accounts/fireworks/models/gpt-oss-20b",
    roles={"smart": "accounts/fireworks/models/kimi-k3", "fast": "accounts/fireworks/models/gpt-oss-20b"},
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://docs.fireworks.ai/api-reference/post-chatcompletions",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"), "base_url": ("FIREWORKS_API_BASE",)},
    note=(
        "reasoning_effort and thinking exclude each other; 412 means the account is suspended. Anthropic's protocol is "
        "spoken at https://api.fireworks.ai/inference."
    ),
    models=(
        ModelFact(
            id="accounts/fireworks/models/glm-5p3",
            context_window=1_048_576,
            max_output=128_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="accounts/fireworks/models/glm-5p3-flash",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            price=Price(input=0.15, output=0.5, cached_input=0.03),
        ),
        ModelFact(
            id="accounts/fireworks/models/kimi-k3",
            context_window=1_048_576,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=15, cached_input=0.3),
        ),
        ModelFact(
            id="accounts/fireworks/models/deepseek-v4p1-flash-1017",
            context_window=1_048_576,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.006),
        ),
        ModelFact(
            id="accounts/fireworks/models/minimax-m3",
            context_window=512_000,
            max_output=512_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.06),
        ),
        ModelFact(
            id="accounts/fireworks/models/qwen3p8-max",
            context_window=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=2, output=6, cached_input=0.25),
        ),
        ModelFact(
            id="accounts/fireworks/models/gpt-oss-20b",
            context_window=131_072,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.07, output=0.3, cached_input=0.035),
        ),
        ModelFact(
            id="nomic-ai/nomic-embed-text-v1.5", mode="embedding", context_window=8_192, price=Price(input=0.008)
        ),
    ),
)
