"""GitHub Copilot. A GitHub OAuth token is exchanged for a short-lived one, which also names the address to call."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from providers.canonical import HttpParts
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    RateLimited,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
)
from providers.vendors.base import Answered, Ask, Auth, Grant, Headers, ModelFact, Quirks, Setting, Vendor
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.error_shapes import read_words
from providers.wires.openai.errors import read_retry_after

GITHUB_API = "https://api.github.com"
TOKEN_PATH = "/copilot_internal/v2/token"
EDITOR = {
    "Editor-Version": "vscode/1.95.0",
    "Editor-Plugin-Version": "copilot-chat/0.26.7",
    "User-Agent": "GitHubCopilotChat/0.26.7",
    "X-GitHub-Api-Version": "2025-04-01",
}
_GITHUBS = re.compile(r"gh[a-z]_|github_pat_|[0-9a-f]{40}$")
LEAST_LIFE = 60.0  # seconds; an end before that tells of a clock that is wrong
_RESPONSES = re.compile(r"gpt-([5-9]|\d\d)|codex")  # all of these answer there, and the newest nowhere else


def spell(secret: str) -> Headers | None:
    """GitHub's own tokens are exchanged. All else travels as it is: one that was exchanged already (``tid=…;exp=…``),
    or the key of somebody's own server, which is none of GitHub's business."""
    return None if _GITHUBS.match(secret) else (("Authorization", f"Bearer {secret}"),)


async def exchange(ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
    """Raises ``CredentialInvalid`` for a token that GitHub does not know, ``AccessDenied`` for one without Copilot."""
    address = (settings.get("github_api") or GITHUB_API).rstrip("/") + TOKEN_PATH
    headers = {**EDITOR, "Authorization": f"token {secret}", "Accept": "application/json"}
    answer = await ask(HttpParts(method="GET", path=address, content=b"", headers=tuple(headers.items())))
    if answer.status != 200:
        raise _refusal(answer)
    try:
        told = mapping(decode(answer.body))
    except ValueError:
        told = {}
    token = string(told.get("token"))
    if not token:
        raise VendorGarbled("GitHub answered the token exchange without a token.", vendor_status=answer.status)
    api = string(mapping(told.get("endpoints")).get("api")).rstrip("/")
    return Grant(
        headers=(("Authorization", f"Bearer {token}"),),
        expires_at=_expiry(told, token),
        base_url=api if api.startswith("https://") else None,
    )


def _expiry(told: Mapping[str, Any], token: str) -> float:
    """Seconds since the epoch by GitHub's clock; the token tells it too. Where it is over by ours, or
    not told, what counts is in how many seconds GitHub wants to be asked again."""
    inside = re.search(r"(?:^|;)exp=(\d{9,11})\b", token)
    ends = _number(told.get("expires_at")) or (float(inside[1]) if inside else None)
    now = time.time()
    if ends is not None and ends > now + LEAST_LIFE:
        return ends
    return now + max(_number(told.get("refresh_in")) or 0.0, LEAST_LIFE)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e12 else None


def _refusal(answer: Answered) -> UpstreamError:
    status, words = answer.status, read_words(answer.body).message[:300]
    detail = f": {words}" if words else "."
    wait = read_retry_after(answer.headers)
    if status == 429 or (status == 403 and (wait is not None or answer.headers.get("x-ratelimit-remaining") == "0")):
        return RateLimited(
            f"GitHub is asked for Copilot tokens too often{detail}", vendor_status=status, retry_after=wait
        )
    if status == 401:
        return CredentialInvalid(f"GitHub does not accept the token{detail}", vendor_status=status)
    if status in (403, 404):
        return AccessDenied(f"The GitHub account has no access to Copilot{detail}", vendor_status=status)
    if status >= 500:
        return VendorFailed(f"GitHub's token exchange failed with HTTP {status}{detail}", vendor_status=status)
    return VendorGarbled(f"GitHub answered the token exchange with HTTP {status}{detail}", vendor_status=status)


def wire_for(model: str, settings: Mapping[str, str]) -> str | None:
    return "copilot_responses" if _RESPONSES.search(model) else None


def _model(model_id: str, context_window: int, max_output: int, *, responses: bool = False) -> ModelFact:
    """Without a price: Copilot bills requests of a plan."""
    return ModelFact(
        id=model_id,
        mode="responses" if responses else "chat",
        context_window=context_window,
        max_output=max_output,
        vision=True,
        tools=True,
        reasoning=True,
    )


VENDOR = Vendor(
    slug="github_copilot",
    name="GitHub Copilot",
    kind="aggregator",
    wire="copilot",
    wire_for=wire_for,
    promise="verified",
    base_url="https://api.githubcopilot.com",
    auth=Auth(spell=spell, exchange=exchange),
    prefixes=("ext-copilot-",),
    aliases=("githubcopilot",),
    default_model="claude-sonnet-5.5",
    roles={"smart": "claude-opus-5.5", "fast": "gpt-6.1-terra", "code": "gpt-6.1-sol"},
    models=(
        _model("claude-sonnet-5.5", 200_000, 128_000),
        _model("claude-opus-5.5", 200_000, 128_000),
        _model("gpt-6.1-sol", 922_000, 128_000, responses=True),
        _model("gpt-6.1-terra", 922_000, 128_000, responses=True),
        _model("gemini-4-argon", 200_000, 65_536),
    ),
    settings=(
        Setting(
            name="github_api",
            label="GitHub API",
            help="Where tokens are exchanged; https://api.SUBDOMAIN.ghe.com for GitHub Enterprise Cloud.",
            default=GITHUB_API,
        ),
        Setting(
            name="integration_id",
            label="Integration id",
            help="The registered integration that calls; the list of models depends on it.",
            default="vscode-chat",
            header="Copilot-Integration-Id",
        ),
    ),
    headers={**EDITOR, "Openai-Intent": "conversation-panel"},
    embeddings="openai",
    quirks=Quirks(rename={"max_tokens": "max_completion_tokens"}, reasoning_fields=("reasoning_text",)),
    env={
        "api_key": (
            "GITHUB_COPILOT_API_TOKEN",
            "COPILOT_GITHUB_TOKEN",
            "GITHUB_COPILOT_TOKEN",
        ),
        "base_url": ("GITHUB_COPILOT_API_BASE", "COPILOT_API_URL"),
    },
    opt_in=True,
    note=(
        "Copilot's API is for GitHub's own editors and registered integrations: GitHub's terms give no licence to use "
        "it as a general model service, and accounts that do may be suspended. Switch this on only where your "
        "agreement with GitHub allows it. A token is a GitHub OAuth token (gho_…, ghu_…) of an account with Copilot. "
        "Calls count against the plan's requests, not by usage, so there are no prices."
    ),
    docs="https://docs.github.com/en/site-policy/github-terms/github-terms-for-additional-products-and-features",
)
