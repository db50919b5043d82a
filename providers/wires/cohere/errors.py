"""Cohere's refusals → the error tree, and back. Source: docs.cohere.com/reference/errors; its bodies are
``{"id": …, "message": …}``, without an ``error``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.errors import (
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    QuotaExceeded,
    RequestRejected,
    Retry,
    SwitchboardError,
    UpstreamError,
)
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import ErrorWords, masked, read_words
from providers.wires.openai.errors import error_of

_CONTEXT = re.compile(r"too many tokens|number of tokens .*exceed|size limit exceeded", re.IGNORECASE | re.DOTALL)
_USED_UP = re.compile(r"calls? ?/ ?month|per month|payment method|billing limit", re.IGNORECASE)
_BLOCKED = re.compile(r"\bblocked (input|output|prompt)|harmful content", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"(is|are) not supported (for|by|with) this model|does not support", re.IGNORECASE)


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    return error_from(read_words(body), status, headers, vendor=vendor)


def error_from(words: ErrorWords, status: int, headers: Mapping[str, str], *, vendor: str) -> UpstreamError:
    """``status`` 200: the error came inside a reply."""
    words = words._replace(message=masked(words.message))
    error = error_of(words, status, headers, vendor=vendor)
    kind = _kind(status, words.message)
    if kind is None:
        return error
    found = kind(
        error.message,
        vendor_status=error.vendor_status,
        vendor_code=error.vendor_code,
        vendor_type=error.vendor_type,
        retry_after=error.retry_after,
        code="unsupported_feature" if kind is RequestRejected else None,
    )
    if kind is RequestRejected:
        found.retry = Retry.NEXT_TARGET  # the model cannot do what was asked; another target may
    return found


def _kind(status: int, message: str) -> type[UpstreamError] | None:
    if status in (402, 429) and _USED_UP.search(message):
        return QuotaExceeded
    if status in (200, 400, 413, 422) and _CONTEXT.search(message):
        return ContextTooLong
    if status in (200, 400, 403, 422, 498) and _BLOCKED.search(message):
        return ContentRefused
    if status == 498:  # "invalid token"
        return CredentialInvalid
    return RequestRejected if status in (400, 422) and _UNSUPPORTED.search(message) else None


def write_error(error: SwitchboardError, *, request_id: str) -> bytes:
    return encode({"id": request_id, "message": error.message})


def write_stream_error(error: SwitchboardError, *, request_id: str) -> bytes:
    """The end of a message that failed, as Cohere itself tells it."""
    delta = {"finish_reason": "ERROR", "error": error.message, "usage": {}}
    data = encode({"type": "message-end", "id": request_id, "delta": delta})
    return b"event: message-end\ndata: %s\n\n" % data
