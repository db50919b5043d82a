"""Triton's refusals → the error tree, and back: ``{"error": "text"}`` with any status, and in mid-stream."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.errors import (
    ContextTooLong,
    ModelNotServed,
    RequestRejected,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
)
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import read_words
from providers.wires.openai.errors import error_of

_KINDS: tuple[tuple[re.Pattern[str], type[UpstreamError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (
            r"(prompt|input).{0,40}exceeds? (the )?max|longer than the maximum model length|max_input_len",
            ContextTooLong,
        ),
        (r"unknown model|model .{0,200}(is not found|has no available versions)", ModelNotServed),
        (
            r"queue (size|is full)|is not ready|unavailable|unhealthy|out of memory|no free (slots|blocks)",
            VendorOverloaded,
        ),
        (r"request was cancell?ed|error generating stream|internal error", VendorFailed),
        (r"unexpected (inference )?input|missing|invalid|expected|unable to parse|failed to parse", RequestRejected),
    )
)


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Any body at all. Never raises."""
    words = read_words(body)
    error = error_of(words, status, headers, vendor=vendor)
    if status not in (200, 400, 404, 500):
        return error
    for pattern, kind in _KINDS:
        if pattern.search(words.message[:1000]):
            return kind(error.message, vendor_status=status)
    return error


def write_error(error: SwitchboardError) -> bytes:
    return encode({"error": error.message})
