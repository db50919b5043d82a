"""watsonx's refusals → the error tree: ``{"errors": [{"code", "message"}], "trace", "status_code"}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.errors import (
    AccessDenied,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    Retry,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
)
from providers.wires.openai.codec import decode
from providers.wires.openai.error_shapes import ErrorWords, read_words
from providers.wires.openai.errors import error_of, read_retry_after

BY_CODE: dict[str, type[UpstreamError]] = {
    "authentication_token_expired": CredentialInvalid,
    "authentication_token_not_valid": CredentialInvalid,
    "authentication_token_missing": CredentialInvalid,
    "invalid_token": CredentialInvalid,
    "authorization_rejected": AccessDenied,
    "user_authorization_failed": AccessDenied,
    "not_authorized": AccessDenied,
    "no_associated_service_instance_error": AccessDenied,
    "feature_not_enabled": AccessDenied,
    "token_quota_reached": QuotaExceeded,
    "cuh_quota_reached": QuotaExceeded,
    "rate_limit_reached": RateLimited,
    "rate_limit_reached_requests": RateLimited,
    "rate_limit_reached_tokens": RateLimited,
    "consumption_limit_reached": RateLimited,
    "too_many_requests": RateLimited,
    "model_not_supported": ModelNotServed,
    "model_not_found": ModelNotServed,
    "model_not_available": ModelNotServed,
    "deployment_not_found": ModelNotServed,
    "model_no_support_for_function": RequestRejected,
    "invalid_input_argument": RequestRejected,
    "invalid_request_entity": RequestRejected,
    "json_validation_error": RequestRejected,
    "json_type_error": RequestRejected,
    "downstream_request_failed": VendorFailed,
    "internal_error": VendorFailed,
    "service_unavailable": VendorOverloaded,
    "model_overloaded": VendorOverloaded,
}
_CONTEXT = re.compile(
    r"cannot exceed the total tokens? limit|maximum (context|sequence) length|max(imum)? sequence length"
    r"|sequence length is longer|input (is )?too long|context (length|window)",
    re.IGNORECASE,
)
_RATE = re.compile(r"\brate\b|per (second|minute)|too many requests", re.IGNORECASE)


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Any body at all. Never raises."""
    words = read_words(body)
    kind = BY_CODE.get(words.code)
    if kind is None:
        return error_of(words, status, headers, vendor=vendor)
    told = status if status >= 400 else words.status or status
    found = _refined(kind, words, told)(
        words.message or f"{vendor} answered {words.code} without a message",
        vendor_status=told,
        vendor_code=words.code,
        retry_after=read_retry_after(headers),
        code="unsupported_feature" if words.code == "model_no_support_for_function" else None,
    )
    if words.code == "model_no_support_for_function":
        found.retry = Retry.NEXT_TARGET
    return found


def _refined(kind: type[UpstreamError], words: ErrorWords, status: int) -> type[UpstreamError]:
    if kind is RequestRejected and _CONTEXT.search(words.message):
        return ContextTooLong
    if kind is QuotaExceeded and status == 429 and _RATE.search(words.message):
        return RateLimited
    return VendorOverloaded if kind is VendorFailed and status == 503 else kind


def error_inside(body: bytes, vendor: str) -> UpstreamError | None:
    """The error of a 200 that holds one."""
    if b'"errors"' not in body or b'"choices"' in body:
        return None
    try:
        found: Any = decode(body)
    except ValueError:
        return None
    return read_error(200, {}, body, vendor=vendor) if is_error(found) else None


def is_error(found: Any) -> bool:
    return isinstance(found, dict) and "choices" not in found and bool(found.get("errors") or found.get("error"))
