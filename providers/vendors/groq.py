"""Groq. Refuses every message field it does not know, reasoning that came from itself included."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="groq",
    name="Groq",
    kind="cloud",
    promise="verified",
    base_url="https://api.groq.com/openai/v1",
    default_model="openai/gpt-oss-120b",
    roles={"fast": "llama-3.1-8b-instant"},
    docs="https://console.groq.com/docs/openai",
    quirks=Quirks(
        call_drop=frozenset({"extra_content"}),
        rename={"max_tokens": "max_completion_tokens"},
        drop=frozenset({"logprobs", "top_logprobs", "logit_bias", "top_k", "store"}),
        message_drop=frozenset(
            {"name", "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "refusal", "annotations"}
        ),
        reasoning_fields=("reasoning", "reasoning_content"),
        developer_as_system=True,
    ),
    env={"api_key": ("GROQ_API_KEY",), "base_url": ("GROQ_API_BASE",)},
    note="response_format cannot be combined with a stream, and n above 1 is refused.",
    models=(
        ModelFact(
            id="openai/gpt-oss-120b",
            context_window=131_072,
            max_output=65_536,
            tools=True,
            reasoning=True,
            price=Price(input=0.15, output=0.6, cached_input=0.075),
        ),
        ModelFact(
            id="openai/gpt-oss-20b",
            context_window=131_072,
            max_output=65_536,
            tools=True,
            reasoning=True,
            price=Price(input=0.075, output=0.3, cached_input=0.0375),
        ),
        ModelFact(
            id="qwen/qwen3.8-27b",
            context_window=131_072,
            max_output=16_384,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.8, output=4),
        ),
        ModelFact(
            id="openai/gpt-oss-safeguard-20b",
            context_window=131_072,
            max_output=65_536,
            tools=True,
            reasoning=True,
            price=Price(input=0.075, output=0.3, cached_input=0.037),
        ),
        ModelFact(
            id="llama-3.3-70b-versatile",
            context_window=131_072,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=False,
            price=Price(input=0.59, output=0.79),
        ),
        ModelFact(
            id="llama-3.1-8b-instant",
            context_window=131_072,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=False,
            price=Price(input=0.05, output=0.08),
        ),
        ModelFact(
            id="groq/compound", context_window=131_072, max_output=8_192, vision=False, tools=False, reasoning=False
        ),
        ModelFact(id="whisper-large-v3-turbo", mode="transcription"),
    ),
)
