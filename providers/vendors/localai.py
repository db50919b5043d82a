"""LocalAI, on this machine or another of yours. Shares its port with llama.cpp's default."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="localai",
    name="LocalAI",
    kind="local",
    region="any",
    base_url="http://localhost:8080/v1",
    auth=Auth(optional=True),
    default_model="gpt-4",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    moderations="openai",
    docs="https://localai.io/features/openai-functions/",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("LOCALAI_API_KEY",), "base_url": ("LOCALAI_BASE_URL",)},
    note="Models have the names of their configuration files: fetch models. The first call loads one and takes long.",
    models=(
        ModelFact(id="gpt-4"),
        ModelFact(id="text-embedding-ada-002", mode="embedding"),
        ModelFact(id="jina-reranker-v1-base-en", mode="rerank"),
    ),
)
