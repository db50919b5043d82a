"""Cloudflare's refusals → the error tree, and back. Source: developers.cloudflare.com/workers-ai/platform/errors, and
fundamentals/api/reference for the codes of its gate. The code says what is wrong; the HTTP status often does not."""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import (
    AccessDenied,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RequestRejected,
    Retry,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import read_words
from providers.wires.openai.errors import error_of

UNSUPPORTED = frozenset({"5005", "5019", "5023", "5025"})  # LoRA, old SDKs, JSON Schema (while streaming, at all)
BY_CODE: dict[str, type[UpstreamError]] = {
    "3006": RequestRejected,  # too large
    "3007": VendorTimeout,
    "3008": VendorTimeout,
    "3023": AccessDenied,  # account blocked
    "3036": QuotaExceeded,  # the day's neurons are used up
    "3040": VendorOverloaded,
    "3041": AccessDenied,
    "3042": ModelNotServed,
    "3046": VendorTimeout,
    "5004": RequestRejected,
    "5006": RequestRejected,  # does not fit the model's schema
    "5007": ModelNotServed,
    "5016": AccessDenied,  # the model's terms were not accepted
    "5018": AccessDenied,
    "5021": ContextTooLong,
    "6003": CredentialInvalid,  # headers malformed
    "7000": ModelNotServed,  # no route for that URI: the model is part of it
    "7003": VendorFailed,  # no such account
    "7009": CredentialInvalid,
    "9106": CredentialInvalid,
    "9109": CredentialInvalid,
    "10000": CredentialInvalid,
    "10001": CredentialInvalid,
    **dict.fromkeys(UNSUPPORTED, RequestRejected),
}


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Never raises. ``status`` 200: the error came inside a reply."""
    words = read_words(body)
    error = error_of(words, status, headers, vendor=vendor)
    kind = BY_CODE.get(words.code)
    if kind is None:
        return error
    unsupported = words.code in UNSUPPORTED
    found = kind(
        error.message,
        vendor_status=status,
        vendor_code=words.code,
        retry_after=error.retry_after,
        code="unsupported_feature" if unsupported else None,
    )
    if unsupported:
        found.retry = Retry.NEXT_TARGET  # the model cannot do what was asked; another target may
    return found


def write_error(error: SwitchboardError) -> bytes:
    errors = [{"code": error.status, "message": error.message}]
    return encode({"success": False, "errors": errors, "messages": [], "result": None})


def write_stream_error(error: SwitchboardError) -> bytes:
    return b"data: " + write_error(error) + b"\n\n"
