"""ERNIE (Wenxin), Baidu's own models: the API of ``qianfan`` with a shorter list."""

from providers.vendors.base import ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="ernie",
    name="ERNIE (Baidu)",
    kind="cloud",
    region="cn",
    base_url="https://qianfan.baidubce.com/v2",
    default_model="ernie-5.0",
    roles={"smart": "ernie-5.0", "fast": "ernie-speed-pro-128k"},
    settings=(Setting(name="appid", label="App ID", help="Counts the calls to this app (app-…).", header="appid"),),
    embeddings="openai",
    embeddings_batch=16,
    rerank="jina",
    docs="https://cloud.baidu.com/doc/qianfan-api/s/3m7of64lb",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("WENXIN_API_KEY", "BAIDU_API_KEY")},
    note=(
        "Wants a Qianfan key (bce-v3/ALTAK-…), no access key and secret. Temperature ends at 1. Only ernie-5.0 is "
        "confirmed for this year: fetch models."
    ),
    models=(
        ModelFact(id="ernie-5.0", context_window=121_856, max_output=8_192, vision=True),
        ModelFact(id="ernie-4.5-turbo-128k", context_window=131_072, max_output=12_288, tools=True),
        ModelFact(id="ernie-x1-turbo-32k", context_window=32_768, reasoning=True),
        ModelFact(id="ernie-4.0-turbo-8k", context_window=8_192, max_output=2_048),
        ModelFact(id="ernie-speed-pro-128k", context_window=131_072, max_output=4_096),
        ModelFact(id="embedding-v1", mode="embedding", context_window=384),
    ),
)
