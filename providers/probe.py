"""Free calls to a vendor: is this token good, which models are there. Never a call that costs money.

Nothing is written here; ``providers.tasks`` writes what came out.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import msgspec

from providers.canonical import HttpParts
from providers.catalogue import ANONYMOUS, CompiledProvider, CompiledToken
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    ModelNotServed,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    UnsupportedFeature,
    VendorGarbled,
    VendorTimeout,
)
from providers.http import HttpClients, Timeouts
from providers.secrecy import clear, secrets_of

MAX_LIST_BYTES = 16 * 1024 * 1024
MAX_PAGES = 100
MAX_MODEL_ID = 250  # characters; longer ones are nothing a call could name
PATIENCE = 30.0  # seconds for one answer, whatever the provider allows its calls


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """``ok``: True, the vendor took the token; False, the call failed; None, the test cannot tell. Only
    ``credential_invalid`` speaks against the token. ``status`` is the vendor's HTTP status, 0 where none came."""

    ok: bool | None
    credential_invalid: bool = False
    status: int = 0
    message: str = ""
    latency_ms: int = 0


async def test_token(clients: HttpClients, provider: CompiledProvider, token: CompiledToken = ANONYMOUS) -> ProbeResult:
    """Tests one token with the vendor's free authenticated call, or an anonymous one by whether the vendor answers.

    Where no free call needs the token, the result says whether the vendor can be reached, and never that the token
    is good. Never raises ``SwitchboardError``: it becomes the result.
    """
    facts = provider.vendor
    path = facts.probe_path or facts.models_path
    if path is None:
        return ProbeResult(ok=None, message=f"{facts.name} has no free call, so a test cannot tell.")
    started = time.monotonic()
    try:
        status, _ = await _get(clients, provider, token, path)
        proves = bool(facts.probe_path) or facts.models_need_token or not token.auth
        result = _accepted(provider, proves=proves)
    except SwitchboardError as error:
        status = getattr(error, "vendor_status", None) or 0
        result = _judged(error, token)
    return replace(result, status=status, latency_ms=round((time.monotonic() - started) * 1000))


async def fetch_models(clients: HttpClients, provider: CompiledProvider, token: CompiledToken = ANONYMOUS) -> list[str]:
    """The ids of the vendor's model list, in its order, each once.

    Follows ``has_more`` and ``last_id`` (Anthropic's paging). Raises ``UnsupportedFeature`` for a vendor without a
    list, ``VendorGarbled`` for a list that cannot be read, else what the call raises or the vendor's error is.
    """
    path = provider.vendor.models_path
    if path is None:
        raise UnsupportedFeature(f"{provider.vendor.name} has no model list.")
    found: dict[str, None] = {}
    after = ""
    for _ in range(MAX_PAGES):
        separator = "&" if "?" in path else "?"
        page = f"{path}{separator}after_id={quote(after, safe='')}" if after else path
        _, body = await _get(clients, provider, token, page)
        found.update(dict.fromkeys(_model_ids(provider, body)))
        following = _next_page(body)
        if not following or following == after:
            break
        after = following
    return list(found)


async def _get(clients: HttpClients, provider: CompiledProvider, token: CompiledToken, path: str) -> tuple[int, bytes]:
    """Status and body of a GET. Anything but a success is raised as the wire reads it, without the secret."""
    patient = replace(provider, timeouts=Timeouts(*(min(limit, PATIENCE) for limit in provider.timeouts)))
    try:
        async with asyncio.timeout(PATIENCE):
            upstream = await clients.send(patient, HttpParts(method="GET", path=path, content=b""), auth=token.auth)
            try:
                body = await upstream.read(MAX_LIST_BYTES)
            finally:
                await upstream.close()
    except TimeoutError:
        raise VendorTimeout(f"{provider.name} did not answer within {PATIENCE:g} s.") from None
    if not 200 <= upstream.status < 300 or _holds_error(body):
        error = provider.wire.read_error(upstream.status, upstream.headers, body, provider.target(""))
        clear(error, secrets_of(provider, token))
        raise error
    return upstream.status, body


def _holds_error(body: bytes) -> bool:
    """Whether it is an error, whatever its status said."""
    answer = _json(body)
    return isinstance(answer, dict) and bool(answer.get("error")) and "data" not in answer


def _accepted(provider: CompiledProvider, *, proves: bool) -> ProbeResult:
    if proves:
        return ProbeResult(ok=True, message="Tested fine.")
    message = f"{provider.name} answers, but its free calls need no token: a test cannot tell whether this one is good."
    return ProbeResult(ok=None, message=message)


def _judged(error: SwitchboardError, token: CompiledToken) -> ProbeResult:
    """What an error says. The vendor knew the token where it refused a model, a region or the pace; a vendor
    without this call (404) says nothing about it."""
    message = error.message[:500]
    match error:
        case CredentialInvalid() if token.auth:
            return ProbeResult(ok=False, credential_invalid=True, message=message)
        case AccessDenied() | RateLimited() | ModelNotServed() | RequestRejected():
            return ProbeResult(ok=None, message=message)
        case _:
            return ProbeResult(ok=False, message=message)


def _model_ids(provider: CompiledProvider, body: bytes) -> list[str]:
    """The usable ids of one page: ``{"data": [{"id": …}]}``, a bare array, or what the vendor's own reader finds."""
    try:
        ids: list[Any] = provider.vendor.read_models(body) if provider.vendor.read_models else _plain_ids(_json(body))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise VendorGarbled(f"{provider.name} sent a model list that cannot be read.") from None
    return [one for one in ids if isinstance(one, str) and 0 < len(one.strip()) <= MAX_MODEL_ID]


def _plain_ids(answer: Any) -> list[Any]:
    rows = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise TypeError("no list")
    return [row.get("id") if isinstance(row, dict) else row for row in rows]


def _next_page(body: bytes) -> str:
    answer = _json(body)
    if isinstance(answer, dict) and answer.get("has_more") is True and isinstance(answer.get("last_id"), str):
        return str(answer["last_id"])
    return ""


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
