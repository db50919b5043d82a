"""GPUStack: a cluster of your own. Lists only the models that are ready."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="gpustack",
    name="GPUStack",
    kind="local",
    region="any",
    promise="verified",
    base_url="http://localhost/v1",
    default_model="qwen3-8b",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://docs.gpustack.ai/latest/user-guide/openai-compatible-apis/",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("GPUSTACK_API_KEY",), "base_url": ("GPUSTACK_BASE_URL",)},
    note="The port is the operator's choice, older servers answer under /v1-openai. Shipped ids are examples.",
    models=(
        ModelFact(id="qwen3-8b"),
        ModelFact(id="bge-m3", mode="embedding"),
        ModelFact(id="bge-reranker-v2-m3", mode="rerank"),
    ),
)
