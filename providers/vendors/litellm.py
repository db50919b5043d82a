"""A LiteLLM proxy of your own. No default address: LiteLLM's own is port 4000, which is ours."""

from providers.vendors.base import Auth, Quirks, Vendor

VENDOR = Vendor(
    slug="litellm",
    name="LiteLLM proxy",
    kind="aggregator",
    region="any",
    auth=Auth(optional=True),
    docs="https://docs.litellm.ai/docs/simple_proxy",
    quirks=Quirks(part_fields=frozenset({"cache_control"})),
    env={
        "api_key": ("LITELLM_PROXY_API_KEY", "LITELLM_API_KEY"),
        "base_url": ("LITELLM_PROXY_API_BASE", "LITELLM_BASE_URL"),
    },
    note="Model names are the aliases of the proxy's own configuration: fetch models.",
)
