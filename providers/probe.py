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
from providers.listed import ListedModel, read_list, usable
from providers.secrecy import clear, secrets_of
from providers.templates import fill

MAX_LIST_BYTES = 16 * 1024 * 1024
MAX_PAGES = 100
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
        proves = bool(facts.probe_path) or facts.models_need_token or not (token.auth or token.credential)
        result = _accepted(provider, proves=proves)
    except SwitchboardError as error:
        status = getattr(error, "vendor_status", None) or 0
        result = _judged(error, token)
    return replace(result, status=status, latency_ms=round((time.monotonic() - started) * 1000))


async def fetch_models(
    clients: HttpClients, provider: CompiledProvider, token: CompiledToken = ANONYMOUS
) -> list[ListedModel]:
    """The vendor's model list, in its order, each model once, with what it says of them.

    Follows pages (Anthropic's, Google's, Cohere's). Raises ``UnsupportedFeature`` for a vendor without a list,
    ``VendorGarbled`` for a list that cannot be read, else what the call raises or the vendor's error is.
    """
    path = provider.vendor.models_path
    if path is None:
        raise UnsupportedFeature(f"{provider.vendor.name} has no model list.")
    found: list[ListedModel] = []
    after = ""
    for _ in range(MAX_PAGES):
        separator = "&" if "?" in path else "?"
        _, body = await _get(clients, provider, token, f"{path}{separator}{after}" if after else path)
        found += _read_page(provider, body)
        following = _next_page(body)
        if not following or following == after:
            break
        after = following
    return usable(found)


async def _get(clients: HttpClients, provider: CompiledProvider, token: CompiledToken, path: str) -> tuple[int, bytes]:
    """Status and body of a GET. Anything but a success is raised as the wire reads it, without the secret; so is what
    its exchange met."""
    try:
        return await _asked(clients, provider, token, path)
    except SwitchboardError as error:
        clear(error, secrets_of(provider, token))
        raise


async def _asked(
    clients: HttpClients, provider: CompiledProvider, token: CompiledToken, path: str
) -> tuple[int, bytes]:
    patient = replace(provider, timeouts=Timeouts(*(min(limit, PATIENCE) for limit in provider.timeouts)))
    asked = HttpParts(method="GET", path=fill(path, provider.settings), content=b"")
    try:
        async with asyncio.timeout(PATIENCE):
            upstream = await clients.send(patient, asked, auth=token.auth, credential=token.credential)
            try:
                body = await upstream.read(MAX_LIST_BYTES)
            finally:
                await upstream.close()
    except TimeoutError:
        raise VendorTimeout(f"{provider.name} did not answer within {PATIENCE:g} s.") from None
    if not 200 <= upstream.status < 300 or _holds_error(body):
        raise provider.wire.read_error(upstream.status, upstream.headers, body, provider.target(""))
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
        case CredentialInvalid() if token.auth or token.credential:
            return ProbeResult(ok=False, credential_invalid=True, message=message)
        case AccessDenied() | RateLimited() | ModelNotServed() | RequestRejected():
            return ProbeResult(ok=None, message=message)
        case _:
            return ProbeResult(ok=False, message=message)


def _read_page(provider: CompiledProvider, body: bytes) -> list[ListedModel]:
    """The usable rows of one page: ``{"data": [{"id": …}]}``, a bare array, or what the vendor's own reader finds."""
    reader = provider.vendor.read_models
    try:
        if reader is not None:
            return usable(reader(body))
        # A price in a Chinese vendor's list is in yuan as often as not, and it does not say.
        return read_list(_json(body), dollars=provider.vendor.region != "cn")
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        raise VendorGarbled(f"{provider.name} sent a model list that cannot be read.") from None


PAGES = (("nextPageToken", "pageToken"), ("next_page_token", "page_token"))  # Google's and Cohere's


def _next_page(body: bytes) -> str:
    """The query that asks for the next page; "" at the end."""
    answer = _json(body)
    if not isinstance(answer, dict):
        return ""
    if answer.get("has_more") is True and isinstance(answer.get("last_id"), str):
        return f"after_id={quote(answer['last_id'], safe='')}"
    for told, asked in PAGES:
        if isinstance(answer.get(told), str) and answer[told]:
            return f"{asked}={quote(answer[told], safe='')}"
    return ""


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
