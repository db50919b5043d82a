"""Anthropic: Claude over its own Messages API."""

from __future__ import annotations

from providers.vendors.base import Auth, ModelFact, Price, Vendor

OAUTH_PREFIX = "sk-ant-oat"
OAUTH_BETA = "oauth-2025-04-20"


def auth_headers(secret: str) -> tuple[tuple[str, str], ...]:
    """An API key travels in ``x-api-key``; an OAuth token as Bearer, which is refused without its beta."""
    if secret.startswith(OAUTH_PREFIX):
        return (("Authorization", f"Bearer {secret}"), ("anthropic-beta", OAUTH_BETA))
    return (("x-api-key", secret),)


def _model(id: str, price: Price, *, context_window: int = 1_000_000, max_output: int = 128_000) -> ModelFact:
    return ModelFact(
        id=id,
        context_window=context_window,
        max_output=max_output,
        vision=True,
        tools=True,
        reasoning=True,
        price=price,
    )


VENDOR = Vendor(
    slug="anthropic",
    name="Anthropic",
    kind="cloud",
    wire="anthropic",
    promise="verified",
    base_url="https://api.anthropic.com",
    auth=Auth(scheme="header", header="x-api-key", spell=auth_headers),
    default_model="claude-sonnet-5-5",
    roles={"smart": "claude-fable-5-1", "fast": "claude-haiku-5-5", "code": "claude-opus-5-5"},
    models=(
        _model("claude-opus-5-5", Price(input=4, output=20, cached_input=0.2)),
        _model("claude-sonnet-5-5", Price(input=2, output=10, cached_input=0.1)),
        _model("claude-haiku-5-5", Price(input=0.1, output=0.5, cached_input=0.01)),
        _model("claude-fable-5-1", Price(input=10, output=50, cached_input=0.25)),
        _model("claude-opus-5", Price(input=5, output=25, cached_input=0.5)),
        _model("claude-sonnet-5", Price(input=2, output=10, cached_input=0.2)),
        _model("claude-sonnet-4-6", Price(input=3, output=15, cached_input=0.3)),
        _model(
            "claude-haiku-4-5", Price(input=1, output=5, cached_input=0.1), context_window=200_000, max_output=64_000
        ),
    ),
    headers={"anthropic-version": "2023-06-01"},
    chat_path="/v1/messages",
    models_path="/v1/models?limit=1000",  # a page holds 20 otherwise
    env={"api_key": ("ANTHROPIC_AUTH_TOKEN",), "base_url": ("ANTHROPIC_API_BASE",)},
    note="OAuth tokens (sk-ant-oat…) of a Claude subscription are for Anthropic's own apps only; use API keys.",
    docs="https://platform.claude.com/docs/en/api/messages",
)
