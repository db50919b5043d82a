"""Moonshot AI (Kimi). Keys of the Chinese and the global platform are not interchangeable."""

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="moonshot",
    name="Moonshot AI (Kimi)",
    kind="cloud",
    region="cn",
    base_url="https://{host}/v1",
    default_model="kimi-k2.6",
    roles={"smart": "kimi-k3.1-pro", "code": "kimi-k2.7-code"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="Where the key was made: China (.cn) or global (.ai).",
            default="api.moonshot.cn",
            choices=("api.moonshot.cn", "api.moonshot.ai"),
        ),
    ),
    probe_path="/users/me/balance",
    docs="https://platform.moonshot.ai/docs/api/chat",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
        text_as_string=True,  # models without vision take nothing else
    ),
    env={
        "api_key": ("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY", "KIMI_API_KEY"),
        "base_url": ("MOONSHOT_API_BASE", "MOONSHOTAI_BASE_URL"),
    },
    note=(
        "tool_choice required is refused, and reasoning models refuse another temperature than their own. "
        "Anthropic's protocol is spoken at https://api.moonshot.ai/anthropic."
    ),
    models=(
        ModelFact(
            id="kimi-k3.1-pro",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=2, output=10, cached_input=0.2),
        ),
        ModelFact(
            id="kimi-k3",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=3, output=15, cached_input=0.3),
        ),
        ModelFact(
            id="kimi-k2.7-code",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.95, output=4, cached_input=0.19),
        ),
        ModelFact(
            id="kimi-k2.6",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.95, output=4, cached_input=0.16),
        ),
    ),
)
