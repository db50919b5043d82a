"""What Google refuses → the error tree, and the error tree → Google's envelope.

Sources: google.rpc.Status and error_details.proto; ai.google.dev/gemini-api/docs/{troubleshooting,rate-limits}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from providers.wires.gemini.codec import dicts, plain
from providers.wires.openai.error_shapes import masked
from providers.wires.openai.errors import read_error as read_any_error
from providers.wires.openai.errors import read_retry_after

BY_WORD: dict[str, type[UpstreamError]] = {
    "INVALID_ARGUMENT": RequestRejected,
    "OUT_OF_RANGE": RequestRejected,
    "FAILED_PRECONDITION": RequestRejected,
    "NOT_FOUND": RequestRejected,
    "UNAUTHENTICATED": CredentialInvalid,
    "PERMISSION_DENIED": AccessDenied,
    "RESOURCE_EXHAUSTED": RateLimited,
    "INTERNAL": VendorFailed,
    "UNKNOWN": VendorFailed,
    "UNIMPLEMENTED": VendorFailed,
    "ABORTED": VendorOverloaded,
    "UNAVAILABLE": VendorOverloaded,
    "DEADLINE_EXCEEDED": VendorTimeout,
}
BY_REASON: dict[str, type[UpstreamError]] = {  # google.api.ErrorReason
    "API_KEY_INVALID": CredentialInvalid,
    "ACCESS_TOKEN_EXPIRED": CredentialInvalid,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": CredentialInvalid,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": CredentialInvalid,
    "ACCOUNT_STATE_INVALID": CredentialInvalid,
    "CREDENTIALS_MISSING": CredentialInvalid,
    "CONSUMER_SUSPENDED": AccessDenied,
    "CONSUMER_INVALID": AccessDenied,
    "SERVICE_DISABLED": AccessDenied,
    "BILLING_DISABLED": QuotaExceeded,
}
STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_WORDS = {
    kind: re.compile(words, re.IGNORECASE)
    for kind, words in (
        (ContextTooLong, r"(input )?token count\b.{0,60}\b(exceeds|only supports)|reduce the input token count"),
        (
            CredentialInvalid,
            r"api key (not valid|not found|expired)|valid api key|api key was reported|unregistered caller",
        ),
        (AccessDenied, r"user location is not supported|not available in your country"),
        (ContentRefused, r"responsible ai|usage guidelines|(prompt|request|input|content).{0,40}\b(blocked|violat)"),
        (
            ModelNotServed,
            r"is not (found|supported) for|model\b.{0,300}\b(not found|no longer available)|call listmodels",
        ),
    )
}
_DAILY = re.compile(
    r"per[ _]?day|limit: 0\b|spending cap|billing account|credits? (are|is|have been) depleted", re.IGNORECASE
)
_RETRY_IN = re.compile(r"retry in (\d{1,6}(?:\.\d{1,9})?)s")
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Any refusal, whatever its body. ``headers`` has lower-case names."""
    try:
        content = decode(body)
    except ValueError:
        content = None
    fields = _fields(content)
    if fields is None:
        return read_any_error(status, headers, body, vendor=vendor)
    error = _error(fields, status)
    error.retry_after = read_retry_after(headers) or error.retry_after
    return error


def error_in(content: Any) -> UpstreamError | None:
    """The error that a reply with status 200 carries, if it is one."""
    fields = _fields(content)
    if fields is not None:
        return _error(fields, 0)
    if plain(content).get("error") and "candidates" not in plain(content):
        return read_any_error(200, {}, encode(content), vendor="the vendor")
    return None


def is_google(content: Any) -> bool:
    """Whether ``content`` is an error as Google spells it."""
    return _fields(content) is not None


def _fields(content: Any) -> Mapping[str, Any] | None:
    """``error`` of the envelope, which streams wrap in an array. Other vendors' errors have no ``status`` word."""
    if isinstance(content, list):
        return next((found for one in content[:20] if (found := _fields(one)) is not None), None)
    error = plain(content).get("error")
    if not isinstance(error, Mapping):
        return None
    return error if isinstance(error.get("status"), str) or isinstance(error.get("code"), int) else None


def _error(fields: Mapping[str, Any], status: int) -> UpstreamError:
    code = fields.get("code")
    told = status if status >= 400 else code if isinstance(code, int) and code >= 400 else 0
    word = fields.get("status")
    word = word if isinstance(word, str) else STATUS_WORDS.get(told, "UNKNOWN")
    message = fields.get("message")
    message = message if isinstance(message, str) and message else f"the vendor answered {told or word}"
    details = dicts(fields.get("details"))
    reason = next((str(one["reason"]) for one in details if isinstance(one.get("reason"), str)), None)
    kind = _kind(told, word, message, reason, details)
    return kind(
        masked(message),
        vendor_status=told or None,
        vendor_code=reason,
        vendor_type=word,
        retry_after=None if kind is QuotaExceeded else _delay(message, details),
        status=404 if kind is RequestRejected and told == 404 else None,
    )


def _kind(
    status: int, word: str, message: str, reason: str | None, details: list[Mapping[str, Any]]
) -> type[UpstreamError]:
    if reason in BY_REASON:
        return BY_REASON[reason]
    if word == "RESOURCE_EXHAUSTED" or status == 429:
        return QuotaExceeded if _is_spent(message, details) else RateLimited
    for kind, words in _WORDS.items():
        if word in _SPOKEN[kind] and words.search(message[:1000]):
            return kind
    return BY_WORD.get(word) or (RequestRejected if 400 <= status < 500 else VendorFailed)


_ARGUMENT = frozenset({"INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"})
_SPOKEN: dict[type[UpstreamError], frozenset[str]] = {  # the status words under which a sentence is believed
    ContextTooLong: _ARGUMENT,
    CredentialInvalid: _ARGUMENT | {"PERMISSION_DENIED"},
    AccessDenied: _ARGUMENT,
    ContentRefused: _ARGUMENT,
    ModelNotServed: frozenset({"NOT_FOUND"}),
}


def _is_spent(message: str, details: list[Mapping[str, Any]]) -> bool:
    """A quota that no wait of seconds or minutes brings back: of a day, of zero, or of money."""
    violations = [one for detail in details for one in dicts(detail.get("violations"))]
    told = [str(one.get(name, "")) for one in violations for name in ("quotaId", "quotaMetric")]
    zero = any(str(one.get("quotaValue", "")) == "0" for one in violations)
    return zero or any(_DAILY.search(words) for words in (message[:2000], *told))


def _delay(message: str, details: list[Mapping[str, Any]]) -> float | None:
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and (found := _DELAY.fullmatch(delay)):
            return float(found[1])
    asked = _RETRY_IN.search(message)
    return float(asked[1]) if asked else None


def write_error(error: SwitchboardError, *, request_id: str) -> bytes:
    """Google's error envelope for ``error``."""
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code.upper(), "domain": "switchboard"}
    ]
    if error.retry_after is not None:
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{error.retry_after:g}s"}
        details.append(delay)
    if request_id:
        details.append({"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": request_id})
    word = STATUS_WORDS.get(error.status) or ("INVALID_ARGUMENT" if error.status < 500 else "INTERNAL")
    return encode({"error": {"code": error.status, "message": error.message, "status": word, "details": details}})


def write_stream_error(error: SwitchboardError, *, request_id: str) -> bytes:
    """The same as the frame that breaks a stream off; nothing follows it."""
    return b"data: %s\r\n\r\n" % write_error(error, request_id=request_id)
