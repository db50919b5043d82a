"""Tencent Cloud's knowledge engine (LKEAP), which serves DeepSeek. Being shut in favour of TokenHub (``hunyuan``)."""

from providers.vendors.base import ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="tencent_lke",
    name="Tencent LKE",
    kind="platform",
    region="cn",
    base_url="https://{host}/v1",
    default_model="deepseek-v3.2",
    settings=(
        Setting(
            name="host",
            label="Host",
            help="China, or international.",
            default="api.lkeap.cloud.tencent.com",
            choices=("api.lkeap.cloud.tencent.com", "api.lkeap.tencentcloud.com"),
        ),
    ),
    models_path=None,
    docs="https://cloud.tencent.com/document/product/1772",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("LKEAP_API_KEY", "TENCENT_LKEAP_API_KEY")},
    note=(
        "Winding down: no new customers or models, TokenHub (the provider hunyuan) is the successor and wants a new "
        "key. Answers end after 4,096 unless max_tokens is sent. No free call tests a key."
    ),
    models=(
        ModelFact(id="deepseek-v3.2", context_window=131_072, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="deepseek-v3.1-terminus", context_window=131_072, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="deepseek-v3.1", context_window=131_072, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="deepseek-r1-0528", context_window=131_072, max_output=16_384, reasoning=True),
        ModelFact(id="deepseek-v3-0324", context_window=131_072, max_output=16_384, tools=True),
    ),
)
