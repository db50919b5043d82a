"""Baidu Qianfan: ERNIE and other vendors' models under one key."""

from providers.vendors.base import ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="qianfan",
    name="Baidu Qianfan",
    kind="platform",
    region="cn",
    base_url="https://qianfan.baidubce.com/v2",
    default_model="deepseek-v4-flash",
    roles={"smart": "deepseek-v4-pro", "fast": "deepseek-v4-flash"},
    settings=(Setting(name="appid", label="App ID", help="Counts the calls to this app (app-…).", header="appid"),),
    embeddings="openai",
    embeddings_batch=16,
    rerank="jina",
    docs="https://cloud.baidu.com/doc/qianfan-api/s/3m7of64lb",
    quirks=Quirks(developer_as_system=True, error_codes={"unsafe_request": "content"}),
    env={"api_key": ("QIANFAN_API_KEY",)},
    note="Wants a permanent key (bce-v3/ALTAK-…), no access key and secret.",
    models=(
        ModelFact(
            id="deepseek-v4-pro", context_window=1_048_576, max_output=393_216, vision=False, tools=True, reasoning=True
        ),
        ModelFact(
            id="deepseek-v4-flash",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="deepseek-v3.2", context_window=131_072, max_output=8_192, vision=False, tools=True),
        ModelFact(id="ernie-5.0", context_window=121_856, max_output=8_192, vision=True),
        ModelFact(id="qwen3-32b", context_window=131_072, max_output=32_768, vision=False, tools=True),
        ModelFact(id="embedding-v1", mode="embedding", context_window=384),
        ModelFact(id="qwen3-reranker-4b", mode="rerank", context_window=32_768),
    ),
)
