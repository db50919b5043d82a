"""Replicate's refusals → the error tree, and back: ``{"title", "detail", "status"}``, and a prediction's ``error``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.errors import (
    ContentRefused,
    Fault,
    ModelNotServed,
    RateLimited,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.openai.codec import decode, encode, mapping
from providers.wires.openai.error_shapes import ErrorWords, masked, read_words
from providers.wires.openai.errors import error_of

_THROTTLED = re.compile(r"available in (\d+(?:\.\d+)?) ?s", re.IGNORECASE)
_MODEL = re.compile(r"invalid version or not permitted|does not exist|requested resource could not be found", re.I)
_FLAGGED = re.compile(r"flagged as sensitive|\bE005\b|nsfw", re.IGNORECASE)
_BUSY = re.compile(r"out of memory|please retry|\bE003\b|high demand|queue is full", re.IGNORECASE)
_SLOW = re.compile(r"timed? ?out|\bE006\b.{0,40}time", re.IGNORECASE)


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Any body at all. Never raises."""
    words = read_words(body)
    error = error_of(words, status, headers, vendor=vendor)
    if status in (404, 422) and _MODEL.search(words.message):
        return ModelNotServed(error.message, vendor_status=status, vendor_code=error.vendor_code)
    if isinstance(error, RateLimited) and error.retry_after is None:
        error.retry_after = _wait(body, words.message)
    return error


def _wait(body: bytes, message: str) -> float | None:
    try:
        told: Any = mapping(decode(body)).get("retry_after")
    except ValueError:
        told = None
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < 1e6:
        return float(told)
    found = _THROTTLED.search(message[:500])
    return float(found[1]) if found else None


def failed_prediction(told: Any, *, vendor: str) -> UpstreamError:
    """Why a prediction failed, in the model's own words (which say no HTTP status)."""
    words = told if isinstance(told, str) else read_words(encode(told)).message
    message = masked(words.strip()) or f"{vendor} says that the prediction failed, and not why"
    for pattern, kind in ((_FLAGGED, ContentRefused), (_BUSY, VendorOverloaded), (_SLOW, VendorTimeout)):
        if pattern.search(message):
            return kind(message, vendor_status=200)
    error = error_of(ErrorWords(message), 200, {}, vendor=vendor)
    if error.fault is Fault.ACCOUNT:  # a credential that the model's own container speaks of is none of ours
        return VendorFailed(message, vendor_status=200)
    return error


def write_error(error: SwitchboardError) -> bytes:
    return encode({"title": error.code, "detail": error.message, "status": error.status})
