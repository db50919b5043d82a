"""DeepSeek. In thinking mode it wants its ``reasoning_content`` back and refuses a forced tool choice."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="deepseek",
    name="DeepSeek",
    kind="cloud",
    region="cn",
    promise="verified",
    base_url="https://api.deepseek.com",
    default_model="deepseek-flash",
    roles={"smart": "deepseek-flash", "fast": "deepseek-flash"},
    completions_path="/beta/completions",
    probe_path="/user/balance",
    docs="https://api-docs.deepseek.com/",
    quirks=Quirks(
        call_drop=frozenset({"extra_content"}),
        thinking_off={"thinking": {"type": "disabled"}},
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
    ),
    env={"api_key": ("DEEPSEEK_API_KEY",), "base_url": ("DEEPSEEK_API_BASE", "DEEPSEEK_BASE_URL")},
    note=(
        "deepseek-v4-pro is answered by V4.1 Flash since 2026-09-14. "
        "Anthropic's protocol is spoken at https://api.deepseek.com/anthropic."
    ),
    models=(
        ModelFact(
            id="deepseek-flash",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.006),
        ),
        ModelFact(
            id="deepseek-v4-pro",
            context_window=1_000_000,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.32, output=3.96, cached_input=0.044),
        ),
        ModelFact(
            id="deepseek-v4-flash",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.006),
        ),
        ModelFact(
            id="deepseek-v4-flash-vision-exp",
            context_window=1_000_000,
            max_output=393_216,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.006),
        ),
    ),
)
