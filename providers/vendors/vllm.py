"""vLLM, on a machine of yours. Newer servers call reasoning ``reasoning``, older ones ``reasoning_content``."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="vllm",
    name="vLLM",
    kind="local",
    region="any",
    promise="verified",
    base_url="http://localhost:8000/v1",
    auth=Auth(optional=True),
    default_model="Qwen/Qwen3-8B",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    quirks=Quirks(reasoning_fields=("reasoning", "reasoning_content"), developer_as_system=True),
    env={
        "api_key": ("VLLM_API_KEY", "HOSTED_VLLM_API_KEY"),
        "base_url": ("VLLM_BASE_URL", "VLLM_API_BASE", "HOSTED_VLLM_API_BASE"),
    },
    note=(
        "Knows its model by --served-model-name only: fetch models. Tools need --enable-auto-tool-choice and "
        "--tool-call-parser."
    ),
    models=(
        ModelFact(id="Qwen/Qwen3-8B", context_window=40_960, tools=True, reasoning=True),
        ModelFact(id="openai/gpt-oss-20b", context_window=131_072, tools=True, reasoning=True),
        ModelFact(id="BAAI/bge-m3", mode="embedding", context_window=8_192),
        ModelFact(id="BAAI/bge-reranker-v2-m3", mode="rerank", context_window=8_192),
    ),
)
