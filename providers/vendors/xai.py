"""xAI (Grok). Its ``completion_tokens`` leave reasoning out; the sum in ``total_tokens`` has it."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="xai",
    name="xAI",
    kind="cloud",
    base_url="https://api.x.ai/v1",
    default_model="grok-4.7",
    docs="https://docs.x.ai/docs/api-reference",
    quirks=Quirks(output_excludes_reasoning=True, message_drop=frozenset({"name"}), developer_as_system=True),
    env={"api_key": ("XAI_API_KEY",), "base_url": ("XAI_API_BASE",)},
    note="Reasoning models refuse stop, presence_penalty and frequency_penalty.",
    models=(
        ModelFact(id="grok-4.7", context_window=500_000, max_output=500_000, vision=True, tools=True, reasoning=True),
        ModelFact(id="grok-4.6", context_window=500_000, max_output=500_000, vision=True, tools=True, reasoning=True),
        ModelFact(id="grok-4.5", context_window=500_000, max_output=500_000, vision=True, tools=True, reasoning=True),
        ModelFact(
            id="grok-4.3", context_window=1_000_000, max_output=1_000_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="grok-4.20-reasoning",
            context_window=1_000_000,
            max_output=1_000_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="grok-4.20-non-reasoning", context_window=1_000_000, max_output=1_000_000, vision=True, tools=True
        ),
        ModelFact(
            id="grok-build-0.1", context_window=256_000, max_output=256_000, vision=True, tools=True, reasoning=True
        ),
    ),
)
