"""Mistral AI. Forbids what it does not know, sends usage unasked, wants tool call ids of nine letters and digits."""

from providers.vendors.base import ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="mistral",
    name="Mistral AI",
    kind="cloud",
    base_url="https://api.mistral.ai/v1",
    default_model="mistral-medium-latest",
    docs="https://docs.mistral.ai/api/",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens", "seed": "random_seed"},
        drop=frozenset({"stream_options", "user", "logit_bias", "logprobs", "top_logprobs", "top_k", "store"}),
        message_drop=frozenset(
            {"name", "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "refusal", "annotations"}
        ),
        usage_in_stream="always",
        tool_call_id_pattern="[a-zA-Z0-9]{9}",
        developer_as_system=True,
    ),
    env={"api_key": ("MISTRAL_API_KEY",), "base_url": ("MISTRAL_API_BASE",)},
    models=(
        ModelFact(
            id="mistral-large-4",
            context_window=1_048_576,
            max_output=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="mistral-large-latest", context_window=262_144, max_output=262_144, vision=True, tools=True),
        ModelFact(
            id="mistral-medium-latest",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="mistral-small-latest",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="magistral-medium-latest",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="codestral-latest", context_window=128_000, max_output=128_000, tools=True),
        ModelFact(id="ministral-8b-latest", context_window=262_144, max_output=262_144, vision=True, tools=True),
        ModelFact(id="devstral-latest", context_window=256_000, max_output=256_000, tools=True, reasoning=True),
        ModelFact(id="mistral-embed", mode="embedding", context_window=8_192),
        ModelFact(id="codestral-embed", mode="embedding", context_window=8_192),
    ),
)
