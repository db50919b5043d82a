"""Claude Code: Anthropic's answers to an OAuth token, whose plan's limits come in headers of their own."""

import dataclasses

from tests.golden.vendors import anthropic
from tests.golden.vendors.anthropic import error

GOLDEN = dataclasses.replace(
    anthropic.GOLDEN,
    token="sk-ant-oat01-golden",
    sent_headers={
        "authorization": "Bearer sk-ant-oat01-golden",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "oauth-2025-04-20",
    },
    unauthorized=error(401, "authentication_error", "OAuth authentication is currently not supported."),
    unauthorized_words="OAuth authentication",
    rate_limited=error(
        429,
        "rate_limit_error",
        "This request would exceed your account's rate limit. Please try again later.",
        **{
            "retry-after": "7",
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-representative-claim": "five_hour",
        },
    ),
)
