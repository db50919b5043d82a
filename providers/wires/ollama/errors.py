"""Ollama's refusals → the error tree, and back. Source: ollama/ollama docs/api/errors, server/routes.go.

``{"error": "text"}`` with any status, and as a line in mid-stream while the status stays 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.errors import QuotaExceeded, RequestRejected, Retry, SwitchboardError, UpstreamError
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import read_words
from providers.wires.openai.errors import error_of

_UNSUPPORTED = re.compile(r"does not support (tools|thinking|vision|images|chat|insert|\w+ capabilit)", re.IGNORECASE)
_USED_UP = re.compile(r"usage limit|\bquota\b", re.IGNORECASE)  # ollama.com: hourly and weekly allowances


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    words = read_words(body)
    error = error_of(words, status, headers, vendor=vendor)
    if status == 429 and _USED_UP.search(words.message):
        return QuotaExceeded(error.message, vendor_status=429, retry_after=error.retry_after)
    if status in (0, 200, 400) and _UNSUPPORTED.search(words.message):
        return unsupported(error)
    return error


def unsupported(error: UpstreamError) -> RequestRejected:
    """The model cannot do what was asked; another target may."""
    found = RequestRejected(
        error.message,
        vendor_status=error.vendor_status,
        vendor_code=error.vendor_code,
        vendor_type=error.vendor_type,
        code="unsupported_feature",
    )
    found.retry = Retry.NEXT_TARGET
    return found


def write_error(error: SwitchboardError) -> bytes:
    return encode({"error": error.message})


def write_stream_error(error: SwitchboardError) -> bytes:
    return write_error(error) + b"\n"
