"""Microsoft Entra ID: an application's secret is exchanged for a short-lived access token.

Source: learn.microsoft.com, "OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from providers.canonical import HttpParts
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    SwitchboardError,
    VendorFailed,
    VendorGarbled,
)
from providers.vendors.base import Answered, Ask, Grant, Headers
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.openai.error_shapes import masked
from providers.wires.openai.errors import read_retry_after

AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://cognitiveservices.azure.com/.default"
LEAST_LIFE = 60.0  # seconds, where the answer names none or nonsense

_THREE = re.compile(r"[\w.\-]+:[\w\-]+:.+", re.DOTALL)
_NAMES = {
    "tenant": ("tenant", "tenant_id", "tenantId"),
    "client_id": ("client_id", "clientId", "appId"),
    "client_secret": ("client_secret", "clientSecret", "password"),
}
_REFUSED = ("invalid_client", "unauthorized_client", "invalid_grant", "invalid_request", "access_denied")


class Application(NamedTuple):
    tenant: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Application({self.tenant}, {self.client_id})"


def is_application(secret: str) -> bool:
    """Whether ``secret`` has the form ``tenant:client_id:client_secret`` or of a JSON object."""
    return secret.lstrip().startswith("{") or _THREE.fullmatch(secret) is not None


def is_access_token(secret: str) -> bool:
    """Whether ``secret`` is an access token already (a JWT)."""
    return secret.startswith("eyJ")


def read_application(secret: str) -> Application:
    """Takes what ``az ad sp create-for-rbac`` prints, too. Raises ``CredentialInvalid``."""
    if not secret.lstrip().startswith("{"):
        tenant, _, rest = secret.partition(":")
        client_id, _, client_secret = rest.partition(":")
        return Application(tenant.strip(), client_id.strip(), client_secret.strip())
    try:
        given = mapping(decode(secret))
    except ValueError:
        raise CredentialInvalid("The Entra credential is no JSON object.") from None
    found = {
        name: next((text for key in keys if (text := string(given.get(key)))), "") for name, keys in _NAMES.items()
    }
    if missing := [name for name, value in found.items() if not value]:
        raise CredentialInvalid(f"The Entra credential lacks {', '.join(missing)}.")
    return Application(**found)


async def exchange(ask: Ask, secret: str, settings: Mapping[str, str]) -> Grant:
    """A bearer token for ``settings["scope"]`` at ``settings["authority"]``. Raises ``CredentialInvalid`` where Entra
    refuses the application, ``BadConfiguration`` for a scope it does not know."""
    application = read_application(secret)
    authority = (settings.get("authority") or AUTHORITY).rstrip("/")
    form = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "scope": settings.get("scope") or SCOPE,
    }
    parts = HttpParts(
        path=f"{authority}/{quote(application.tenant, safe='')}/oauth2/v2.0/token",
        content=urlencode(form).encode(),
        headers=(("content-type", "application/x-www-form-urlencoded"),),
    )
    return _grant(await ask(parts), application.client_secret)


def _grant(answer: Answered, secret: str) -> Grant:
    try:
        told = mapping(decode(answer.body))
    except ValueError:
        told = {}
    token = string(told.get("access_token"))
    if answer.status == 200 and token:
        return Grant(headers=bearer(token), expires_at=time.time() + _life(told.get("expires_in")))
    raise _refusal(answer, told, secret)


def bearer(token: str) -> Headers:
    return (("Authorization", f"Bearer {token}"),)


def _life(value: Any) -> float:
    try:
        return max(float(value), LEAST_LIFE)
    except (TypeError, ValueError, OverflowError):
        return LEAST_LIFE


def _refusal(answer: Answered, told: Mapping[str, Any], secret: str) -> SwitchboardError:
    code, status = string(told.get("error")), answer.status
    words = string(told.get("error_description")).partition(" Trace ID:")[0].splitlines()
    detail = masked((words[0] if words else code or f"HTTP {status}").replace(secret, "***"))
    if status == 429:
        return RateLimited(
            f"Entra is asked too often: {detail}", vendor_status=status, retry_after=read_retry_after(answer.headers)
        )
    if status >= 500 or code in ("temporarily_unavailable", "server_error"):
        return VendorFailed(f"Entra failed: {detail}", vendor_status=status, vendor_code=code or None)
    if code in ("invalid_scope", "invalid_resource"):
        return BadConfiguration(f"Entra does not know the scope: {detail}")
    if code in _REFUSED or status == 401:
        return CredentialInvalid(
            f"Entra refused the application: {detail}", vendor_status=status, vendor_code=code or None
        )
    if status == 403:
        return AccessDenied(f"Entra denied access: {detail}", vendor_status=status, vendor_code=code or None)
    return VendorGarbled(f"Entra answered without an access token: {detail}", vendor_status=status)
