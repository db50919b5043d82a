"""Any other server that speaks OpenAI's chat API: the template for what has no file of its own."""

from providers.vendors.base import Auth, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="openai_compatible",
    name="OpenAI-compatible",
    kind="cloud",
    region="any",
    promise="template",
    auth=Auth(optional=True),
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    moderations="openai",
    settings=(
        Setting(
            name="extra_api_key",
            label="X-API-Key header",
            help="Sent as X-API-Key, for servers that want their key there instead of in Authorization.",
            secret=True,
            header="X-API-Key",
        ),
    ),
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("CUSTOM_API_KEY",), "base_url": ("CUSTOM_BASE_URL",), "model": ("CUSTOM_MODEL",)},
    note="Give the base URL up to and including /v1. A server without keys needs no token.",
    docs="https://platform.openai.com/docs/api-reference/chat",
)
