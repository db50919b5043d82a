"""Cerebras. Answers 400 to penalties and logit_bias; reasoning comes in ``reasoning``."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="cerebras",
    name="Cerebras",
    kind="cloud",
    promise="verified",
    base_url="https://api.cerebras.ai/v1",
    default_model="gpt-oss-120b",
    roles={"fast": "gpt-oss-120b"},
    completions_path="/completions",
    docs="https://inference-docs.cerebras.ai/api-reference/chat-completions",
    quirks=Quirks(
        call_drop=frozenset({"extra_content"}),
        rename={"max_tokens": "max_completion_tokens"},
        drop=frozenset({"frequency_penalty", "presence_penalty", "logit_bias"}),
        reasoning_fields=("reasoning", "reasoning_content"),
        developer_as_system=True,
        error_codes={"request_quota_exceeded": "rate", "token_quota_exceeded": "rate", "queue_exceeded": "busy"},
    ),
    env={"api_key": ("CEREBRAS_API_KEY",), "base_url": ("CEREBRAS_API_BASE",)},
    note="The longest output includes reasoning. A strict JSON schema, a stream and tools go together on some models.",
    models=(
        ModelFact(
            id="gpt-oss-120b",
            context_window=131_072,
            max_output=32_768,
            tools=True,
            reasoning=True,
            price=Price(input=0.35, output=0.75),
        ),
        ModelFact(
            id="qwen-3.8-27b",
            context_window=65_536,
            max_output=32_768,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.99, output=1.49),
        ),
        ModelFact(
            id="gemma-4-31b",
            context_window=131_072,
            max_output=40_960,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.99, output=1.49),
        ),
    ),
)
