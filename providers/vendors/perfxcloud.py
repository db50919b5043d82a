"""PerfXCloud: open models of PerfXLab. Little is known of it."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="perfxcloud",
    name="PerfXCloud",
    kind="aggregator",
    region="cn",
    base_url="https://cloud.perfxlab.cn/v1",
    default_model="Qwen2.5-72B-Instruct",
    embeddings="openai",
    docs="https://cloud.perfxlab.cn/",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("PERFXCLOUD_API_KEY",), "base_url": ("PERFXCLOUD_API_BASE",)},
    note="The shipped list is of 2024 and no page of the vendor confirms it: fetch models before you rely on it.",
    models=(
        ModelFact(id="Qwen2.5-72B-Instruct", context_window=30_720, tools=True),
        ModelFact(id="Qwen2-72B-Instruct", context_window=8_192),
        ModelFact(id="deepseek-v2-chat", context_window=4_096),
        ModelFact(id="Meta-Llama-3.1-8B-Instruct", context_window=30_720),
        ModelFact(id="BAAI/bge-m3", mode="embedding", context_window=8_192),
    ),
)
