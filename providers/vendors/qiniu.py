"""Qiniu AI: other vendors' models, billed in yuan."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="qiniu",
    name="Qiniu AI",
    kind="aggregator",
    region="cn",
    base_url="https://api.qnaigc.com/v1",
    default_model="deepseek/deepseek-v4-flash",
    roles={"smart": "deepseek/deepseek-v4-pro", "fast": "deepseek/deepseek-v4-flash"},
    models_need_token=False,
    docs="https://developer.qiniu.com/aitokenapi",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("QINIU_API_KEY",), "base_url": ("QINIU_API_BASE",)},
    note="Older clients use https://openai.qiniu.com/v1. How reasoning is asked for depends on the model.",
    models=(
        ModelFact(
            id="deepseek/deepseek-v4-pro",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="deepseek/deepseek-v4-flash",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="moonshotai/kimi-k2.6", context_window=262_144, max_output=131_072, vision=True, reasoning=True),
        ModelFact(
            id="z-ai/glm-5", context_window=200_000, max_output=128_000, vision=False, tools=True, reasoning=True
        ),
        ModelFact(
            id="minimax/minimax-m2.5",
            context_window=204_800,
            max_output=128_000,
            vision=False,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="qwen3-max", context_window=262_144, max_output=65_536, vision=False, tools=True, reasoning=False),
        ModelFact(
            id="gpt-oss-120b", context_window=128_000, max_output=4_096, vision=False, tools=True, reasoning=True
        ),
    ),
)
