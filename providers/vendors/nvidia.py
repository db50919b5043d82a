"""NVIDIA's API catalogue (build.nvidia.com). The model list is public and changes monthly."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="nvidia",
    name="NVIDIA API Catalog",
    kind="cloud",
    base_url="https://integrate.api.nvidia.com/v1",
    default_model="nvidia/nemotron-3-super-120b-a12b",
    completions_path="/completions",
    embeddings="nvidia",
    rerank="nvidia",
    rerank_path="https://ai.api.nvidia.com/v1/retrieval/{model}/reranking",
    models_need_token=False,
    docs="https://docs.api.nvidia.com/nim/reference/llm-apis",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("NVIDIA_API_KEY",)},
    note=(
        "Trial credits, about 40 requests a minute. Embeddings are made as passages unless input_type says query. "
        "Reranking has a host of its own: it goes there whatever base URL is set."
    ),
    models=(
        ModelFact(
            id="nvidia/nemotron-3-ultra-550b-a55b",
            context_window=1_000_000,
            max_output=65_536,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.5, output=2.5, cached_input=0.15),
        ),
        ModelFact(
            id="nvidia/nemotron-3-super-120b-a12b",
            context_window=262_144,
            max_output=262_144,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.2, output=0.8),
        ),
        ModelFact(
            id="deepseek-ai/deepseek-v4-pro",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.435, output=0.87, cached_input=0.003625),
        ),
        ModelFact(
            id="moonshotai/kimi-k2.6",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="minimaxai/minimax-m3",
            context_window=1_000_000,
            max_output=16_384,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="meta/llama-3.3-70b-instruct",
            context_window=128_000,
            max_output=4_096,
            vision=False,
            tools=True,
            reasoning=False,
        ),
        ModelFact(
            id="openai/gpt-oss-120b", context_window=128_000, max_output=8_192, vision=False, tools=True, reasoning=True
        ),
        ModelFact(id="baai/bge-m3", mode="embedding", context_window=8_192),
    ),
)
