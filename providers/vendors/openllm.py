"""OpenLLM (BentoML): vLLM inside a BentoML service, on a machine of yours or on BentoCloud."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="openllm",
    name="OpenLLM",
    kind="local",
    region="any",
    base_url="http://localhost:3000/v1",
    auth=Auth(optional=True),
    default_model="meta-llama/Llama-3.2-1B-Instruct",
    completions_path="/completions",
    docs="https://github.com/bentoml/OpenLLM",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("OPENLLM_API_KEY",), "base_url": ("OPENLLM_API_BASE",)},
    note="Serves one model; the shipped ids are examples. On BentoCloud give the deployment's address and a token.",
    models=(
        ModelFact(id="meta-llama/Llama-3.2-1B-Instruct", context_window=131_072),
        ModelFact(id="google/gemma-3-12b-it"),
        ModelFact(id="Qwen/Qwen2.5-7B-Instruct", context_window=32_768),
    ),
)
