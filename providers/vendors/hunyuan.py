"""Tencent Hunyuan, now TokenHub: Tencent's models and other vendors' under one key."""

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="hunyuan",
    name="Tencent Hunyuan (TokenHub)",
    kind="cloud",
    region="cn",
    base_url="https://{host}/v1",
    default_model="hy3",
    settings=(
        Setting(
            name="host",
            label="Host",
            help="China, international, or China's spare address.",
            default="tokenhub.tencentmaas.com",
            choices=(
                "tokenhub.tencentmaas.com",
                "tokenhub-intl.tencentcloudmaas.com",
                "tokenhub.tencentmaas.cn",
            ),
        ),
    ),
    embeddings="openai",
    docs="https://cloud.tencent.com/document/product/1729",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={
        "api_key": ("TENCENT_TOKENHUB_API_KEY", "TENCENT_API_KEY", "HUNYUAN_API_KEY"),
        "base_url": ("TENCENT_API_BASE",),
    },
    note=(
        "A key of the old platform works at base URL https://api.hunyuan.cloud.tencent.com/v1 only, which takes no new "
        "customers."
    ),
    models=(
        ModelFact(id="hy3", context_window=131_072, max_output=8_192, vision=False, tools=True),
        ModelFact(id="hy3-preview", context_window=262_144, max_output=8_192, vision=False, tools=True),
        ModelFact(
            id="deepseek-v4.1-flash",
            context_window=1_000_000,
            max_output=384_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.006),
        ),
        ModelFact(
            id="glm-5.3",
            context_window=1_000_000,
            max_output=128_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="kimi-k3",
            context_window=1_000_000,
            max_output=1_000_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=15, cached_input=0.3),
        ),
        ModelFact(
            id="minimax-m3",
            context_window=1_000_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.06),
        ),
        ModelFact(id="hy-vision-2.0-instruct", context_window=32_768, max_output=8_192, vision=True, tools=True),
        ModelFact(id="kinfra-text-embedding-0.6b", mode="embedding", context_window=8_192),
    ),
)
