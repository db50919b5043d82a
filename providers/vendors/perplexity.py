"""Perplexity. Sends usage in every chunk unasked; its chat path has no /v1, its other paths do."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="perplexity",
    name="Perplexity",
    kind="cloud",
    promise="verified",
    base_url="https://api.perplexity.ai",
    default_model="sonar",
    roles={"smart": "sonar-reasoning-pro", "fast": "sonar"},
    models_path="/v1/models",
    docs="https://docs.perplexity.ai/api-reference/chat-completions-post",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        drop=frozenset({"logit_bias", "parallel_tool_calls"}),
        usage_in_stream="always",
        developer_as_system=True,
        error_codes={"insufficient_quota": "quota"},  # told with 401
    ),
    env={
        "api_key": ("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY", "PPLX_API_KEY"),
        "base_url": ("PERPLEXITY_API_BASE", "PERPLEXITY_BASE_URL"),
    },
    note=(
        "Sonar models take no tools and want user and assistant to alternate; each request costs a search fee beside "
        "the prices shown. Its embeddings are signed bytes that OpenAI's clients misread, so they are not offered."
    ),
    models=(
        ModelFact(id="sonar", context_window=128_000, max_output=128_000, tools=False, price=Price(input=1, output=1)),
        ModelFact(
            id="sonar-pro", context_window=200_000, max_output=8_000, tools=False, price=Price(input=3, output=15)
        ),
        ModelFact(
            id="sonar-reasoning-pro",
            context_window=128_000,
            max_output=128_000,
            tools=False,
            reasoning=True,
            price=Price(input=2, output=8),
        ),
        ModelFact(
            id="sonar-deep-research",
            context_window=128_000,
            max_output=128_000,
            tools=False,
            reasoning=True,
            price=Price(input=2, output=8),
        ),
    ),
)
