"""OpenAI. Reasoning models refuse ``max_tokens`` where every chat model takes its newer name; the -pro and -codex ones
answer on Responses only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

_RESPONSES_ONLY = re.compile(r"codex|(?:^|-)(?:pro|deep-research)(?:-\d|$)|^computer-use")


def wire_for(model: str, settings: Mapping[str, str]) -> str | None:
    return "responses" if _RESPONSES_ONLY.search(model) else None


def _model(
    model_id: str,
    price: tuple[float, float, float],
    *,
    context_window: int = 922_000,
    max_output: int = 128_000,
    reasoning: bool = True,
) -> ModelFact:
    """``price``: input, output, cached input."""
    return ModelFact(
        id=model_id,
        context_window=context_window,
        max_output=max_output,
        vision=True,
        tools=True,
        reasoning=reasoning,
        structured_output=True,
        price=Price(input=price[0], output=price[1], cached_input=price[2]),
    )


def _embedding(model_id: str, price: float) -> ModelFact:
    return ModelFact(id=model_id, mode="embedding", context_window=8_191, price=Price(input=price))


VENDOR = Vendor(
    slug="openai",
    name="OpenAI",
    kind="cloud",
    other_wires=("responses",),
    wire_for=wire_for,
    promise="verified",
    base_url="https://api.openai.com/v1",
    default_model="gpt-5.4-mini",
    roles={"smart": "gpt-6-astra", "fast": "gpt-6.1-terra", "code": "gpt-6.1-sol", "creative": "gpt-6.1-terra"},
    docs="https://platform.openai.com/docs/api-reference/chat",
    settings=(
        Setting(
            name="organization",
            label="Organization",
            help="Bills the calls to this organization (org-…).",
            header="OpenAI-Organization",
        ),
        Setting(
            name="project",
            label="Project",
            help="Bills the calls to this project (proj_…).",
            header="OpenAI-Project",
        ),
    ),
    completions_path="/completions",
    embeddings="openai",
    moderations="openai",
    moderations_free=True,
    default_moderation="omni-moderation-latest",
    quirks=Quirks(
        call_drop=frozenset({"extra_content"}),
        rename={"max_tokens": "max_completion_tokens"},
        drop=frozenset({"top_k"}),
        message_drop=frozenset({"reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"}),
    ),
    env={
        "api_key": ("OPENAI_API_KEY",),
        "base_url": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        "organization": ("OPENAI_ORG_ID", "OPENAI_ORGANIZATION"),
        "project": ("OPENAI_PROJECT_ID",),
    },
    models=(
        _model("gpt-6.1-sol", (2.0, 10.0, 0.1)),
        _model("gpt-6.1-terra", (1.0, 5.0, 0.05)),
        _model("gpt-6-luna", (0.1, 0.5, 0.01)),
        _model("gpt-6-astra", (10.0, 50.0, 1.0)),
        _model("gpt-5.5", (5.0, 30.0, 0.5), context_window=1_050_000),
        _model("gpt-5.4-mini", (0.75, 4.5, 0.075), context_window=272_000),
        _model("gpt-4.1", (2.0, 8.0, 0.5), context_window=1_047_576, max_output=32_768, reasoning=False),
        _model("gpt-4o", (2.5, 10.0, 1.25), context_window=128_000, max_output=16_384, reasoning=False),
        _embedding("text-embedding-3-large", 0.13),
        _embedding("text-embedding-3-small", 0.02),
        ModelFact(id="omni-moderation-latest", mode="other", vision=True, price=Price(input=0, output=0)),
    ),
)
