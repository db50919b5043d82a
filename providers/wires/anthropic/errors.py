"""What Anthropic refuses → the error tree, and the error tree → Anthropic's envelope.

Source: platform.claude.com api/errors; messages as its API sends them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.anthropic.codec import decode, encode

BY_TYPE: dict[str, type[UpstreamError]] = {
    "invalid_request_error": RequestRejected,
    "authentication_error": CredentialInvalid,
    "billing_error": QuotaExceeded,
    "permission_error": AccessDenied,
    "request_too_large": RequestRejected,
    "conflict_error": RequestRejected,
    "rate_limit_error": RateLimited,
    "timeout_error": VendorTimeout,
    "api_error": VendorFailed,
    "overloaded_error": VendorOverloaded,
}
BY_STATUS: dict[int, type[UpstreamError]] = {
    401: CredentialInvalid,
    402: QuotaExceeded,
    403: AccessDenied,
    408: VendorTimeout,
    413: RequestRejected,
    422: RequestRejected,
    400: RequestRejected,
    429: RateLimited,
    503: VendorOverloaded,
    504: VendorTimeout,
    529: VendorOverloaded,
}
BY_WORDS: tuple[tuple[re.Pattern[str], type[UpstreamError]], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"prompt is too long|exceed context limit|maximum context length|context window", ContextTooLong),
        (r"credit balance|usage limits?\b|spend(ing)? limit|out of extra usage", QuotaExceeded),
        (r"organization has been disabled|token has been revoked|token has expired", CredentialInvalid),
        (r"content filtering policy|content policy", ContentRefused),
    )
)
STATUS_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
TOO_LONG = re.compile(r"prompt is too long|maximum context length", re.IGNORECASE)  # what Claude Code looks for
SECRET = re.compile(r"\b(sk-|eyJ)[A-Za-z0-9_.\-*]{6,}|(?<=Bearer )\S+|(?<=x-api-key: )\S+", re.IGNORECASE)
LONGEST = 2000  # characters of a vendor's message that are kept


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """Any refusal, whatever its body. ``headers`` has lower-case names."""
    try:
        content = decode(body)
    except ValueError:
        content = body.decode(errors="replace")
    error = error_from(content, status=status)
    error.retry_after = _retry_after(headers)
    return error


def error_from(content: Any, *, status: int | None = None) -> UpstreamError:
    """The error in ``content``: an envelope, a bare error object, a string, or anything else. Without ``status``
    it came inside a 200."""
    kind, message, details = _pieces(content)
    if not message:
        message = f"the vendor answered {status}" if status else "the vendor sent an error without a message"
    chosen = _class(kind, message, status)
    own = status if chosen is RequestRejected and status in (404, 409, 413, 422) else None
    message = SECRET.sub("***", message)[:LONGEST]
    return chosen(message, vendor_status=status, vendor_type=kind, vendor_code=details, status=own)


def _pieces(content: Any) -> tuple[str | None, str, str | None]:
    """Type, message and code, as far as they are there."""
    error = content.get("error", content) if isinstance(content, Mapping) else content
    if isinstance(error, Mapping):
        kind, message = error.get("type"), error.get("message") or error.get("detail")
        details = error.get("details")
        code = details.get("error_code") if isinstance(details, Mapping) else error.get("code")
        text = message if isinstance(message, str) else encode(error).decode()
        return _word(kind), text, _word(code)
    return None, _plain(error), None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _plain(error: Any) -> str:
    if not isinstance(error, str):
        return "" if error is None else encode(error).decode()
    title = re.search(r"<title>(.*?)</title>", error, re.IGNORECASE | re.DOTALL)
    return " ".join((title[1] if title else error).split())[:LONGEST]


def _class(kind: str | None, message: str, status: int | None) -> type[UpstreamError]:
    refusal = status in (400, 401, 403) or (status is None and kind == "invalid_request_error")
    if refusal or kind == "invalid_request_error":
        for words, chosen in BY_WORDS:
            if words.search(message):
                return chosen
    if kind == "not_found_error" or (status == 404 and kind is not None):
        return ModelNotServed if "model" in message.lower() else RequestRejected
    if kind in BY_TYPE and not (kind == "api_error" and status in BY_STATUS):
        return BY_TYPE[kind]
    if status in BY_STATUS:
        return BY_STATUS[status]
    return VendorFailed


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110 §10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        seconds = (when - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if seconds < float("inf") else None


def write_error(error: SwitchboardError, *, request_id: str) -> bytes:
    """Anthropic's error envelope for ``error``."""
    message = error.message
    if isinstance(error, ContextTooLong) and not TOO_LONG.search(message):
        message = f"prompt is too long: {message}"
    told: dict[str, Any] = {"type": error_type(error), "message": message}
    if error.details:
        told["details"] = {"code": error.code, **error.details}  # this envelope has no place for a code of its own
    return encode({"type": "error", "error": told, "request_id": request_id or None})


def write_stream_error(error: SwitchboardError, *, request_id: str) -> bytes:
    """The same as the event that breaks a stream off; nothing follows it."""
    return b"event: error\ndata: %s\n\n" % write_error(error, request_id=request_id)


def error_type(error: SwitchboardError) -> str:
    """Anthropic's word for it."""
    if isinstance(error, VendorOverloaded):
        return "overloaded_error"
    if error.status in STATUS_TYPES:
        return STATUS_TYPES[error.status]
    return "invalid_request_error" if 400 <= error.status < 500 else "api_error"
