"""OpenAI. Reasoning models refuse ``max_tokens`` where every chat model takes its newer name."""

from providers.vendors.base import ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="openai",
    name="OpenAI",
    kind="cloud",
    base_url="https://api.openai.com/v1",
    default_model="gpt-5.4-mini",
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
    quirks=Quirks(
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
        ModelFact(
            id="gpt-6.1-sol", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(
            id="gpt-6.1-terra", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(id="gpt-6-luna", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True),
        ModelFact(
            id="gpt-6-astra", context_window=922_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(id="gpt-5.5", context_window=1_050_000, max_output=128_000, vision=True, tools=True, reasoning=True),
        ModelFact(
            id="gpt-5.4-mini", context_window=272_000, max_output=128_000, vision=True, tools=True, reasoning=True
        ),
        ModelFact(id="gpt-4.1", context_window=1_047_576, max_output=32_768, vision=True, tools=True),
        ModelFact(id="gpt-4o", context_window=128_000, max_output=16_384, vision=True, tools=True),
        ModelFact(id="text-embedding-3-large", mode="embedding", context_window=8_191),
        ModelFact(id="text-embedding-3-small", mode="embedding", context_window=8_191),
    ),
)
