"""DeepSeek. In thinking mode it wants its ``reasoning_content`` back and refuses a forced tool choice."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="deepseek",
    name="DeepSeek",
    kind="cloud",
    region="cn",
    base_url="https://api.deepseek.com",
    default_model="deepseek-flash",
    probe_path="/user/balance",
    docs="https://api-docs.deepseek.com/",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
    ),
    env={"api_key": ("DEEPSEEK_API_KEY",), "base_url": ("DEEPSEEK_API_BASE", "DEEPSEEK_BASE_URL")},
    models=(
        ModelFact(
            id="deepseek-flash", context_window=1_000_000, max_output=393_216, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="deepseek-v4-pro", context_window=1_000_000, max_output=393_216, vision=False, tools=True, reasoning=True
        ),
        ModelFact(
            id="deepseek-v4-flash",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="deepseek-v4-flash-vision-exp",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
        ),
    ),
)
