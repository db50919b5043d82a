"""Xinference, on a machine of yours. A model's id is the uid it was launched with."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="xinference",
    name="Xinference",
    kind="local",
    region="any",
    base_url="http://localhost:9997/v1",
    auth=Auth(optional=True),
    default_model="qwen3-instruct",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://inference.readthedocs.io/en/latest/",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"api_key": ("XINFERENCE_API_KEY",), "base_url": ("XINFERENCE_API_BASE",)},
    note="The shipped ids are examples: fetch models. The token is an API key, or a JWT of POST /token.",
    models=(
        ModelFact(id="qwen3-instruct"),
        ModelFact(id="bge-m3", mode="embedding"),
        ModelFact(id="bge-reranker-v2-m3", mode="rerank"),
    ),
)
