"""OpenRouter: many vendors behind one key. Its model list is public, so a key is tried on ``/key``."""

from providers.vendors.base import ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="openrouter",
    name="OpenRouter",
    kind="aggregator",
    base_url="https://openrouter.ai/api/v1",
    default_model="openai/gpt-6-luna",
    models_need_token=False,
    probe_path="/key",
    docs="https://openrouter.ai/docs/api-reference/overview",
    settings=(
        Setting(
            name="site_url",
            label="Site URL",
            help="Names your app in OpenRouter's rankings.",
            header="HTTP-Referer",
        ),
        Setting(
            name="app_name",
            label="App name",
            help="Shown beside the site URL.",
            header="X-Title",
        ),
    ),
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        reasoning_fields=("reasoning_details", "reasoning", "reasoning_content"),
        part_fields=frozenset({"cache_control"}),
    ),
    env={
        "api_key": ("OPENROUTER_API_KEY", "OR_API_KEY"),
        "base_url": ("OPENROUTER_API_BASE",),
        "site_url": ("OR_SITE_URL",),
        "app_name": ("OR_APP_NAME",),
    },
    note="The list is a start; fetch models for the whole catalogue. Limits shown are the vendors' own.",
    models=(
        ModelFact(
            id="anthropic/claude-opus-5.5",
            context_window=1_000_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="anthropic/claude-sonnet-5",
            context_window=1_000_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="openai/gpt-6.1-sol", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="openai/gpt-6-luna", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="google/gemini-4-argon",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="x-ai/grok-4.7", context_window=500_000, max_output=500_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="moonshotai/kimi-k3",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="z-ai/glm-5.3", context_window=1_000_000, max_output=128_000, tools=True, reasoning=True),
        ModelFact(
            id="deepseek/deepseek-v4.1-flash",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="openai/gpt-oss-120b", context_window=131_072, max_output=65_536, tools=True, reasoning=True),
    ),
)
