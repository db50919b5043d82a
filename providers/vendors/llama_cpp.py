"""llama.cpp's server, usually on this machine and without a key."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="llama_cpp",
    name="llama.cpp",
    kind="local",
    region="any",
    promise="verified",
    base_url="http://localhost:8080/v1",
    auth=Auth(optional=True),
    default_model="ggml-org/gpt-oss-20b-GGUF",
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("LLAMACPP_API_KEY", "LLAMA_API_KEY"), "base_url": ("LLAMACPP_API_BASE",)},
    note=(
        "Serves the model it was started with, whatever name is asked for; newer builds listen on port 9931. Tools "
        "need --jinja, embeddings --embeddings, reranking --reranking."
    ),
    models=(
        ModelFact(id="ggml-org/gpt-oss-20b-GGUF", context_window=131_072, tools=True, reasoning=True),
        ModelFact(id="ggml-org/gemma-3-4b-it-GGUF", context_window=131_072, vision=True),
        ModelFact(id="Qwen/Qwen3-Embedding-0.6B-GGUF", mode="embedding", context_window=32_768),
    ),
)
