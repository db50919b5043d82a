"""Replicate: any model as a prediction. A name is owner/name, owner/name:version or deployments/owner/name."""

from __future__ import annotations

from providers.vendors.base import ModelFact, Price, Setting, Vendor

VENDOR = Vendor(
    slug="replicate",
    name="Replicate",
    kind="aggregator",
    wire="replicate",
    base_url="https://api.replicate.com/v1",
    settings=(
        Setting(
            name="cancel_after",
            label="Cancel after",
            help="How long a prediction may run, as 90s, 30m or 1h, whatever becomes of the call.",
            default="30m",
            header="Cancel-After",
        ),
    ),
    default_model="openai/gpt-5-mini",
    chat_path="/models/{model}/predictions",
    models_path=None,  # /models lists all that anybody published, pictures first
    probe_path="/account",
    docs="https://replicate.com/docs/reference/http",
    env={"api_key": ("REPLICATE_API_TOKEN", "REPLICATE_API_KEY"), "base_url": ("REPLICATE_API_BASE",)},
    note=(
        "A conversation is sent as a plain transcript, a single message as it is. Tools and JSON schemas cannot be "
        "asked for. Streams tell no usage. A call that nobody waits for any more is canceled at Replicate."
    ),
    models=(
        ModelFact(id="openai/gpt-5-mini", vision=True, price=Price(input=0.25, output=2.0)),
        ModelFact(id="openai/gpt-oss-120b", vision=False, price=Price(input=0.18, output=0.72)),
        ModelFact(id="anthropic/claude-4.5-sonnet", vision=True, price=Price(input=3.0, output=15.0)),
        ModelFact(id="google/gemini-3-pro", vision=True, price=Price(input=2.0, output=12.0)),
        ModelFact(
            id="deepseek-ai/deepseek-v3.1",
            context_window=163_840,
            max_output=163_840,
            reasoning=True,
            price=Price(input=0.672, output=2.016),
        ),
        ModelFact(
            id="meta/meta-llama-3-70b-instruct",
            context_window=8_192,
            max_output=8_192,
            price=Price(input=0.65, output=2.75),
        ),
    ),
)
