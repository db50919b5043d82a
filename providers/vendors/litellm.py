"""A LiteLLM proxy of your own. No default address: LiteLLM's own is port 4000, which is ours."""

from providers.vendors.base import Auth, Quirks, Vendor

VENDOR = Vendor(
    slug="litellm",
    name="LiteLLM proxy",
    kind="aggregator",
    region="any",
    promise="template",
    auth=Auth(optional=True),
    completions_path="/completions",
    embeddings="openai",
    rerank="cohere",
    moderations="openai",
    docs="https://docs.litellm.ai/docs/simple_proxy",
    quirks=Quirks(part_fields=frozenset({"cache_control"})),
    env={
        "api_key": ("LITELLM_PROXY_API_KEY", "LITELLM_API_KEY"),
        "base_url": ("LITELLM_PROXY_API_BASE", "LITELLM_BASE_URL"),
    },
    note="Give the proxy's base URL. Model names are the aliases of its own configuration: fetch models.",
)
