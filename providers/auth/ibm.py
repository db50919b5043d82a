"""IBM Cloud IAM: an API key is exchanged for an access token of an hour.

Tokens that need no exchange: an access token itself (``eyJ…``), and Cloud Pak for Data's ``ZenApiKey <base64>``.
Source: cloud.ibm.com/apidocs/iam-identity-token-api, "Create an IAM access token for a user or service ID".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from providers.canonical import HttpParts
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
)
from providers.vendors.base import Answered, Ask, Auth, Grant, Headers
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.error_shapes import masked
from providers.wires.openai.errors import read_retry_after

IAM = "https://iam.cloud.ibm.com"
TOKEN_PATH = "/identity/token"
GRANT_TYPE = "urn:ibm:params:oauth:grant-type:apikey"
ZEN = "zenapikey "
LEAST_LIFE = 60.0  # seconds, where the answer names none or nonsense


def spell(secret: str) -> Headers | None:
    """The headers of a secret that travels as it is; ``None`` for an API key."""
    secret = secret.strip()
    if secret.lower().startswith(ZEN):
        return (("Authorization", f"ZenApiKey {secret[len(ZEN) :].strip()}"),)
    if secret.startswith("eyJ"):
        return (("Authorization", f"Bearer {secret}"),)
    return None


async def exchange(ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
    """An access token from ``settings["iam_url"]``. Raises ``CredentialInvalid`` where IAM refuses the key,
    ``BadConfiguration`` for an address that is no IAM."""
    address = (settings.get("iam_url") or IAM).rstrip("/")
    parts = HttpParts(
        path=address if address.endswith("/token") else address + TOKEN_PATH,
        content=urlencode({"grant_type": GRANT_TYPE, "apikey": secret.strip()}).encode(),
        headers=(("content-type", "application/x-www-form-urlencoded"),),
    )
    return _grant(await ask(parts), secret.strip())


def _grant(answer: Answered, secret: str) -> Grant:
    try:
        told = mapping(decode(answer.body))
    except ValueError:
        told = {}
    token = string(told.get("access_token"))
    if answer.status == 200 and token:
        return Grant(
            headers=(("Authorization", f"Bearer {token}"),), expires_at=time.time() + _life(told.get("expires_in"))
        )
    raise _refusal(answer, told, secret)


def _life(value: Any) -> float:
    try:
        return max(float(value), LEAST_LIFE)
    except (TypeError, ValueError, OverflowError):
        return LEAST_LIFE


def _refusal(answer: Answered, told: Mapping[str, Any], secret: str) -> SwitchboardError:
    status, code = answer.status, string(told.get("errorCode"))
    if status in (404, 405):
        return BadConfiguration(f"The IAM address answers HTTP {status}: it is no IBM IAM.")
    words = string(told.get("errorMessage")) or code or f"HTTP {status}"
    detail = masked(words.replace(secret, "***") if secret else words)
    kind, what = _kind(status)
    return kind(
        f"IBM IAM {what}: {detail}",
        vendor_status=status,
        vendor_code=code or None,
        retry_after=read_retry_after(answer.headers),
    )


def _kind(status: int) -> tuple[type[UpstreamError], str]:
    if status == 429:
        return RateLimited, "is asked too often"
    if status >= 500:
        return VendorFailed, "failed"
    if status == 403:
        return AccessDenied, "denied access"
    if status in (400, 401):
        return CredentialInvalid, "refused the API key"
    return VendorGarbled, "answered without an access token"


IBM_AUTH = Auth(spell=spell, exchange=exchange)
