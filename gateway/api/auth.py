"""Who calls: bearer or x-api-key → hash → API key, from memory. DRF's authentication and permission hooks."""

from __future__ import annotations

import ipaddress
import time
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from gateway.caller import Caller
from gateway.errors import Forbidden, Unauthenticated
from gateway.models import Scope, hash_key
from gateway.passes import PREFIX as PASS
from gateway.passes import NoPass
from gateway.passes import read as read_pass
from gateway.snapshot import NO_TEAM, KeyFacts

NOT_LOCAL = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA", "HTTP_ORIGIN")
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANONYMOUS_KEY = KeyFacts(0, "anonymous", 0, True, 0.0, frozenset({Scope.INFERENCE.value}), ())


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <API key>``, or ``x-api-key`` as some of Anthropic's apps send it.

    Raises ``Unauthenticated``: nothing behind it is reachable without a key.
    """

    def authenticate(self, request: Any) -> tuple[Caller, None]:
        runtime = request.runtime
        keys = runtime.snapshots.keys
        secret = _bearer(request)
        facts = keys.get(hash_key(secret)) if secret else None
        if facts is None and (other := request.META.get("HTTP_X_API_KEY", "").strip()):
            secret, facts = other, keys.get(hash_key(other))
        if facts is None and secret.startswith(PASS):
            facts = _of_pass(secret, runtime)
        if facts is None:
            if runtime.anonymous_access and _is_local(request):
                return Caller(ANONYMOUS_KEY, NO_TEAM), None
            raise Unauthenticated(_why_not(secret))
        if not facts.enabled:
            raise Unauthenticated("This API key is disabled.")
        if facts.expires_at and facts.expires_at <= time.time():
            raise Unauthenticated("This API key has expired.")
        return Caller(facts, runtime.snapshots.current.teams.get(facts.team_id, NO_TEAM)), None


def _of_pass(secret: str, runtime: Any) -> KeyFacts | None:
    try:
        found: KeyFacts | None = runtime.snapshots.key(read_pass(secret).key_id)
    except NoPass as error:
        raise Unauthenticated(str(error)) from None
    return found


class HasInferenceScope(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        if Scope.INFERENCE.value not in request.user.key.scopes:
            raise Forbidden("This API key may not call models: it lacks the scope `inference`.")
        return True


def _bearer(request: Any) -> str:
    given: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, secret = given.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _is_local(request: Any) -> bool:
    """Whether the caller sits on this machine. A proxy in front makes everybody look local, so its mark excludes; so
    does a browser's, where any page its user opens could call."""
    if request.runtime.anonymous_access == "force":
        return True
    if any(mark in request.META for mark in NOT_LOCAL) or not _names_this_machine(request.META.get("HTTP_HOST", "")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _names_this_machine(host: str) -> bool:
    """Whether the caller knew whom it called: a web page whose name was pointed here did not."""
    return host.rpartition(":")[0] in LOCAL_NAMES or host in LOCAL_NAMES


def _why_not(secret: str) -> str:
    if not secret:
        return "No API key was given. Send it as: Authorization: Bearer <API key>."
    return "The API key is not known here. Check that it was issued by this Switchboard and copied whole."
