"""Errors inside a 200 → the tree, and ours → Responses' envelope and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.errors import ContentRefused, RequestRejected, SwitchboardError, UpstreamError
from providers.vendors.base import Vendor
from providers.wires.openai.codec import encode, mapping, string
from providers.wires.openai.error_shapes import read_words
from providers.wires.openai.errors import error_of
from providers.wires.responses.figures import read_usage

# Codes of a failed response that tell of the request (ResponseError.code); the others tell of the vendor.
_REQUEST_CODES = (
    "invalid_prompt",
    "empty_image_file",
    "image_",
    "failed_to_download_image",
    "invalid_",
    "unsupported_",
)


def told_error(chunk: Mapping[str, Any], vendor: Vendor) -> UpstreamError:
    """Of an ``error`` event: code and message stand in it or, as in chat, in an ``error`` of its own."""
    inner = chunk.get("error")
    return _error(inner if inner else {**chunk, "type": None}, vendor)


def response_error(response: Any, vendor: Vendor) -> UpstreamError:
    """Of a response that failed. Carries its usage, which is billed."""
    given = mapping(response)
    reason = string(mapping(given.get("incomplete_details")).get("reason"))
    status = string(given.get("status")) or "failed"
    told = given.get("error") or {"message": f"The response was {status}{f': {reason}' if reason else ''}."}
    error = _error(told, vendor)
    error.billed = read_usage(given, vendor.quirks)
    return error


def _error(told: Any, vendor: Vendor) -> UpstreamError:
    words = read_words(encode({"error": told}))
    if words.code and not words.type:
        words = words._replace(type=words.code)
    error = error_of(words, 200, {}, vendor=vendor.name)
    told_of_request = words.code.startswith(_REQUEST_CODES) and not words.status
    if not told_of_request or isinstance(error, RequestRejected):
        return error
    kind = ContentRefused if "moderation" in words.code or "content_policy" in words.code else RequestRejected
    code = words.code if kind is RequestRejected else None
    return kind(error.message, vendor_status=200, vendor_code=words.code, vendor_type=words.type, code=code)


def stream_error_fields(error: SwitchboardError) -> dict[str, Any]:
    return {"type": "error", "code": error.code, "message": error.message, "param": error.param}


def frame(kind: str, fields: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), encode({**fields, "type": kind}))
