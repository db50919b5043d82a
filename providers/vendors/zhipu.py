"""Zhipu AI (GLM): BigModel in China, Z.AI elsewhere. Its path ends in /v4; there is no /v1."""

from providers.vendors.base import ModelFact, Price, Problem, Quirks, Setting, Vendor

# https://docs.bigmodel.cn/cn/api/api-code; the messages are in Chinese there.
_CODES: dict[str, Problem] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004", "1110", "1111", "1112", "1121"), "key"),
    **dict.fromkeys(("1113", "1304", "1308", "1309", "1310"), "quota"),
    **dict.fromkeys(("1302", "1303", "1313"), "rate"),
    **dict.fromkeys(("1120", "1305", "1312"), "busy"),
    **dict.fromkeys(("1211", "1221", "1222"), "model"),
    **dict.fromkeys(("1220", "1311"), "access"),
    **dict.fromkeys(("1300", "1301"), "content"),
    **dict.fromkeys(("1230", "1234"), "failed"),
    "1261": "context",
}

VENDOR = Vendor(
    slug="zhipu",
    name="Zhipu AI (GLM)",
    kind="cloud",
    region="cn",
    promise="verified",
    base_url="https://{host}/api/paas/v4",
    default_model="glm-5.3-flash",
    roles={"smart": "glm-5.3", "fast": "glm-5.3-flash"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="Where the key was made: BigModel (China) or Z.AI (global).",
            default="open.bigmodel.cn",
            choices=("open.bigmodel.cn", "api.z.ai"),
        ),
    ),
    embeddings="openai",
    embeddings_batch=64,
    rerank="jina",
    moderations="zhipu",
    default_moderation="moderation",
    docs="https://docs.bigmodel.cn/api-reference",
    quirks=Quirks(
        thinking_off={"thinking": {"type": "disabled"}},
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
        part_fields=frozenset({"cache_control"}),
        error_codes=_CODES,
    ),
    env={
        "api_key": ("ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "BIGMODEL_API_KEY", "ZAI_API_KEY"),
        "base_url": ("BIGMODEL_API_BASE", "ZAI_API_BASE", "ZAI_BASE_URL"),
    },
    note=(
        "Coding plans: base URL https://open.bigmodel.cn/api/coding/paas/v4 or https://api.z.ai/api/coding/paas/v4. "
        "Many models take no tool_choice but auto. Anthropic's protocol is spoken under /api/anthropic."
    ),
    models=(
        ModelFact(
            id="glm-5.3",
            context_window=1_000_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=1.1429, output=4, cached_input=0.2857),
        ),
        ModelFact(
            id="glm-5.3-flash",
            context_window=1_000_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.1143, output=0.4, cached_input=0.0329),
        ),
        ModelFact(
            id="glm-5.2",
            context_window=1_000_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="glm-5.1",
            context_window=200_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.26),
        ),
        ModelFact(
            id="glm-5v-turbo",
            context_window=200_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=1.2, output=4, cached_input=0.24),
        ),
        ModelFact(
            id="glm-4.7",
            context_window=200_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=0.6, output=2.2, cached_input=0.11),
        ),
        ModelFact(
            id="glm-4.7-flash",
            context_window=200_000,
            max_output=128_000,
            tools=True,
            reasoning=True,
            price=Price(input=0, output=0),
        ),
        ModelFact(id="embedding-3", mode="embedding", context_window=8_192),
    ),
)
