"""Who may scrape: an API key that sees everything, the token of METRICS_TOKEN, or, where none is set, this machine."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Mapping
from typing import Any

from gateway.api.auth import LOCAL_NAMES, NOT_LOCAL
from gateway.errors import Forbidden, Unauthenticated
from gateway.models import Scope, hash_key
from gateway.snapshot import KeyFacts
from monitoring.access import WATCHING

MARKS = (
    *(name.removeprefix("HTTP_").lower().replace("_", "-") for name in NOT_LOCAL),  # of a proxy or a page's script
    *("cookie", "sec-fetch-mode"),  # a browser at the end of a tunnel is anybody's
)
WORDS = "Send an API key with the monitoring scope as: Authorization: Bearer <API key>."


def check(
    scope: Mapping[str, Any], headers: Mapping[str, str], *, keys: Mapping[bytes, KeyFacts], token: str = ""
) -> None:
    """Raises ``Unauthenticated``, or ``Forbidden`` for a key that may not see everything. ``headers``: by small
    letters."""
    given = _bearer(headers)
    if not given:
        if not token and _is_local(scope, headers):
            return
        raise Unauthenticated(f"No API key was given. {WORDS}")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return
    key = keys.get(hash_key(given))
    if key is None:
        raise Unauthenticated("The API key is not known here, and it is not METRICS_TOKEN.")
    if not key.enabled or (key.expires_at and key.expires_at <= time.time()):
        raise Unauthenticated("This API key is disabled or has expired.")
    if WATCHING.isdisjoint(key.scopes):
        raise Forbidden("This API key may not see metrics: it lacks the scope `monitoring`.")
    if key.team_id and Scope.ADMIN.value not in key.scopes:
        raise Forbidden("Metrics are of all teams, and this API key belongs to one.")


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _is_local(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """A program on this machine that knew whom it called: no proxy stands between, and no browser's page asks."""
    host = headers.get("host", "")
    if any(mark in headers for mark in MARKS) or not {host, host.rpartition(":")[0]} & LOCAL_NAMES:
        return False
    try:
        return ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False
