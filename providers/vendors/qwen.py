"""Qwen at Alibaba's Model Studio (DashScope). Keys are bound to a region; reranking has a path of its own."""

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="qwen",
    name="Qwen (DashScope)",
    kind="cloud",
    region="cn",
    promise="verified",
    base_url="https://{host}/compatible-mode/v1",
    default_model="qwen3.8-flash",
    roles={"smart": "qwen3.8-max", "fast": "qwen3.8-flash", "code": "qwen3-coder-plus"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="The region of the key: China, Singapore (-intl) or the United States (-us).",
            default="dashscope.aliyuncs.com",
            choices=("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"),
        ),
    ),
    completions_path="/completions",
    embeddings="openai",
    embeddings_batch=10,
    rerank="jina",
    rerank_path="/../../compatible-api/v1/reranks",
    docs="https://help.aliyun.com/zh/model-studio/qwen-api-via-openai-chat-completions",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
        error_codes={
            "insufficient_quota": "rate",  # so many units a minute
            "Throttling.AllocationQuota": "rate",
            "AllocationQuota.FreeTierOnly": "quota",
            "Arrearage": "quota",
            "DataInspectionFailed": "content",
        },
        part_fields=frozenset({"cache_control"}),
    ),
    env={
        "api_key": ("DASHSCOPE_API_KEY", "ALIBABA_API_KEY", "QWEN_API_KEY"),
        "base_url": ("DASHSCOPE_API_BASE", "DASHSCOPE_BASE_URL"),
    },
    note=(
        "Thinking is switched with enable_thinking and thinking_budget; some open models of Qwen's answer in streams "
        "only. Anthropic's protocol is spoken at https://dashscope.aliyuncs.com/apps/anthropic."
    ),
    models=(
        ModelFact(
            id="qwen3.8-max",
            context_window=991_808,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=2, output=6, cached_input=0.25),
        ),
        ModelFact(
            id="qwen3.8-flash",
            context_window=991_808,
            max_output=131_072,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.15, output=0.47, cached_input=0.016),
        ),
        ModelFact(
            id="qwen3.7-max",
            context_window=991_808,
            max_output=65_536,
            tools=True,
            reasoning=True,
            price=Price(input=2.5, output=7.5, cached_input=0.5),
        ),
        ModelFact(
            id="qwen3.7-plus",
            context_window=1_000_000,
            max_output=65_536,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.5, output=3, cached_input=0.05),
        ),
        ModelFact(
            id="qwen3.5-plus",
            context_window=1_000_000,
            max_output=65_536,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.4, output=2.4),
        ),
        ModelFact(id="qwen3-coder-plus", context_window=997_952, max_output=65_536, tools=True, reasoning=True),
        ModelFact(
            id="qwen-flash",
            context_window=1_000_000,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.05, output=0.4),
        ),
        ModelFact(
            id="qwen3-vl-235b-a22b-instruct",
            context_window=131_072,
            max_output=32_768,
            vision=True,
            tools=True,
            price=Price(input=0.4, output=1.6),
        ),
        ModelFact(id="text-embedding-v4", mode="embedding", context_window=8_192),
        ModelFact(id="qwen3-rerank", mode="rerank"),
    ),
)
