"""ATLAS: the GitHub Models API, retired on 2026-07-30. Kept for successors that speak it: point the base URL at one."""

from providers.vendors.base import ModelFact, Quirks, Vendor

# The last catalogue: id, context window, longest output, what it can do (None: it makes embeddings).
_MODELS: tuple[tuple[str, int, int | None, str | None], ...] = (
    ("ai21-labs/ai21-jamba-1.5-large", 256_000, 4_096, "tools reasoning"),
    ("ai21-labs/ai21-jamba-1.5-mini", 256_000, 4_096, "tools reasoning"),
    ("cohere/cohere-command-a", 128_000, 4_096, "tools reasoning"),
    ("cohere/cohere-command-r-08-2024", 128_000, 4_096, "tools"),
    ("cohere/cohere-command-r-plus-08-2024", 128_000, 4_096, "tools"),
    ("cohere/cohere-embed-v3-english", 512, None, None),
    ("cohere/cohere-embed-v3-multilingual", 512, None, None),
    ("deepseek/deepseek-r1", 65_536, 8_192, "tools reasoning"),
    ("deepseek/deepseek-r1-0528", 65_536, 8_192, "tools reasoning"),
    ("deepseek/deepseek-v3-0324", 128_000, 8_192, "tools reasoning"),
    ("meta/llama-3.2-11b-vision-instruct", 128_000, 8_192, "vision tools reasoning"),
    ("meta/llama-3.2-90b-vision-instruct", 128_000, 8_192, "vision tools reasoning"),
    ("meta/llama-3.3-70b-instruct", 128_000, 32_768, "tools"),
    ("meta/llama-4-maverick-17b-128e-instruct-fp8", 128_000, 8_192, "vision tools reasoning"),
    ("meta/llama-4-scout-17b-16e-instruct", 128_000, 8_192, "vision tools reasoning"),
    ("meta/meta-llama-3.1-405b-instruct", 128_000, 32_768, "tools reasoning"),
    ("meta/meta-llama-3.1-8b-instruct", 128_000, 32_768, "tools reasoning"),
    ("microsoft/mai-ds-r1", 65_536, 8_192, "tools reasoning"),
    ("microsoft/phi-3-medium-128k-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-3-medium-4k-instruct", 4_096, 1_024, "tools reasoning"),
    ("microsoft/phi-3-mini-128k-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-3-mini-4k-instruct", 4_096, 1_024, "tools reasoning"),
    ("microsoft/phi-3-small-128k-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-3-small-8k-instruct", 8_192, 2_048, "tools reasoning"),
    ("microsoft/phi-3.5-mini-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-3.5-moe-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-3.5-vision-instruct", 128_000, 4_096, "vision tools reasoning"),
    ("microsoft/phi-4", 16_000, 4_096, "tools reasoning"),
    ("microsoft/phi-4-mini-instruct", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-4-mini-reasoning", 128_000, 4_096, "tools reasoning"),
    ("microsoft/phi-4-multimodal-instruct", 128_000, 4_096, "vision tools reasoning"),
    ("microsoft/phi-4-reasoning", 128_000, 4_096, "tools reasoning"),
    ("mistral-ai/codestral-2501", 32_000, 8_192, "tools reasoning"),
    ("mistral-ai/ministral-3b", 128_000, 8_192, "tools reasoning"),
    ("mistral-ai/mistral-large-2411", 128_000, 32_768, "tools reasoning"),
    ("mistral-ai/mistral-medium-2505", 128_000, 32_768, "vision tools reasoning"),
    ("mistral-ai/mistral-nemo", 128_000, 8_192, "tools reasoning"),
    ("mistral-ai/mistral-small-2503", 128_000, 32_768, "vision tools reasoning"),
    ("openai/gpt-4.1", 128_000, 16_384, "vision tools"),
    ("openai/gpt-4.1-mini", 128_000, 16_384, "vision tools"),
    ("openai/gpt-4.1-nano", 128_000, 16_384, "vision tools"),
    ("openai/gpt-4o", 128_000, 16_384, "vision tools"),
    ("openai/gpt-4o-mini", 128_000, 16_384, "vision tools"),
    ("openai/gpt-5", 272_000, 128_000, "vision tools reasoning"),
    ("openai/gpt-5-chat", 128_000, 16_384, "vision reasoning"),
    ("openai/gpt-5-mini", 272_000, 128_000, "vision tools reasoning"),
    ("openai/gpt-5-nano", 272_000, 128_000, "vision tools reasoning"),
    ("openai/o1", 200_000, 100_000, "vision reasoning"),
    ("openai/o1-mini", 128_000, 65_536, "reasoning"),
    ("openai/o1-preview", 128_000, 32_768, "reasoning"),
    ("openai/o3", 200_000, 100_000, "vision reasoning"),
    ("openai/o3-mini", 200_000, 100_000, "reasoning"),
    ("openai/o4-mini", 200_000, 100_000, "vision reasoning"),
    ("openai/text-embedding-3-large", 8_191, None, None),
    ("openai/text-embedding-3-small", 8_191, None, None),
    ("xai/grok-3", 128_000, 8_192, "tools reasoning"),
    ("xai/grok-3-mini", 128_000, 8_192, "tools reasoning"),
    ("core42/jais-30b-chat", 8_192, 2_048, "tools reasoning"),
)


def _fact(model: str, window: int, longest: int | None, can: str | None) -> ModelFact:
    if can is None:
        return ModelFact(id=model, mode="embedding", context_window=window)
    return ModelFact(
        id=model,
        context_window=window,
        max_output=longest,
        vision="vision" in can,
        tools="tools" in can,
        reasoning="reasoning" in can,
    )


VENDOR = Vendor(
    slug="atlas",
    name="ATLAS (GitHub Models)",
    kind="aggregator",
    base_url="https://models.github.ai/inference",
    prefixes=("atlas-",),
    default_model="openai/gpt-4.1-mini",
    roles={
        "smart": "openai/gpt-5",
        "fast": "openai/gpt-4.1-nano",
        "cheap": "openai/gpt-4.1-nano",
        "code": "mistral-ai/codestral-2501",
    },
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2026-03-10"},
    embeddings="openai",
    docs="https://docs.github.com/en/rest/models",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={
        "api_key": ("GITHUB_TOKEN", "GITHUB_API_KEY"),
        "base_url": ("GITHUB_MODELS_API_BASE", "GITHUB_API_BASE"),
    },
    models=tuple(_fact(*row) for row in _MODELS),
    note=(
        "GitHub closed this service on 2026-07-30 and its address answers no more: set the base URL of a successor "
        "(https://RESOURCE.services.ai.azure.com/openai/v1 or any OpenAI-compatible one). The shipped ids are those "
        "of the last catalogue. Several tokens (GITHUB_TOKEN_1, GITHUB_TOKEN_2 …) take turns."
    ),
    shutdown="2026-07-30",
)
