"""A NIM container of your own: one model, found with its list."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="nvidia_nim",
    name="NVIDIA NIM",
    kind="local",
    region="any",
    base_url="http://localhost:8000/v1",
    auth=Auth(optional=True),
    default_model="meta/llama-3.1-8b-instruct",
    completions_path="/completions",
    embeddings="nvidia",
    rerank="nvidia",
    rerank_path="/ranking",
    docs="https://docs.nvidia.com/nim/large-language-models/latest/api-reference.html",
    quirks=Quirks(developer_as_system=True),
    env={"base_url": ("NVIDIA_NIM_API_BASE",)},
    note="One container serves one model: fetch models. Embeddings are made as passages unless input_type says query.",
    models=(
        ModelFact(
            id="meta/llama-3.1-8b-instruct",
            context_window=16_000,
            max_output=4_096,
            vision=False,
            tools=True,
            reasoning=False,
        ),
        ModelFact(
            id="nvidia/nemotron-3-nano-30b-a3b",
            context_window=131_072,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="openai/gpt-oss-20b", context_window=131_072, max_output=32_768, vision=False, tools=True, reasoning=True
        ),
        ModelFact(id="nvidia/llama-3.2-nv-rerankqa-1b-v2", mode="rerank"),
        ModelFact(id="nvidia/llama-3.2-nv-embedqa-1b-v2", mode="embedding", context_window=8_192),
    ),
)
