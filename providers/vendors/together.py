"""Together AI. Its model list is a bare array."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="together",
    name="Together AI",
    kind="cloud",
    base_url="https://api.together.ai/v1",
    default_model="openai/gpt-oss-120b",
    docs="https://docs.together.ai/reference/chat-completions-1",
    quirks=Quirks(reasoning_fields=("reasoning", "reasoning_content"), developer_as_system=True),
    env={
        "api_key": ("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
        "base_url": ("TOGETHER_API_BASE", "TOGETHER_AI_API_BASE"),
    },
    models=(
        ModelFact(
            id="deepseek-ai/DeepSeek-V4.1-Flash-1017",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="moonshotai/Kimi-K3",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="zai-org/GLM-5.3", context_window=1_048_575, max_output=128_000, tools=True, reasoning=True),
        ModelFact(
            id="zai-org/GLM-5.3-Flash",
            context_window=1_048_575,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="openai/gpt-oss-120b", context_window=131_072, max_output=131_072, tools=True, reasoning=True),
        ModelFact(id="Qwen/Qwen3.8-Flash", context_window=1_000_000, max_output=1_000_000),
        ModelFact(
            id="Qwen/Qwen3.5-9B", context_window=262_144, max_output=262_144, vision=True, tools=True, reasoning=True
        ),
        ModelFact(id="BAAI/bge-base-en-v1.5", mode="embedding", context_window=512),
    ),
)
