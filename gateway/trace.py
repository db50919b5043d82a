"""W3C Trace Context (https://www.w3.org/TR/trace-context/): the app's ``traceparent`` and those of the spans below it.

Ids of spans follow from the exchange's id, so that what was sent to a vendor while the call ran and the spans made of
its log row afterwards name the same span, whichever process makes them.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

CALL = -1  # in place of an attempt's number: the span of the whole call
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z")


class Parent(NamedTuple):
    """``sampled``: whether the app records its own part."""

    trace_id: str
    span_id: str
    sampled: bool


def read(header: str) -> str:
    """The header as it is kept, in the form of version 00; "" for one that the standard says to ignore."""
    found = _FORM.match(header.strip().lower())
    if found is None:
        return ""
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return ""
    return f"00-{trace_id}-{span_id}-{int(flags, 16) & 1:02x}"


def parent(kept: str) -> Parent | None:
    """What ``read`` kept."""
    if not kept:
        return None
    _, trace_id, span_id, flags = kept.split("-")
    return Parent(trace_id, span_id, flags == "01")


def trace_id(kept: str, exchange_id: str) -> str:
    """32 hex digits: the app's trace, else one of the call's own."""
    found = parent(kept)
    return found.trace_id if found else exchange_id.replace("-", "")


def span_id(exchange_id: str, attempt: int = CALL) -> str:
    """16 hex digits, never all zero."""
    return blake2b(f"{exchange_id}/{attempt}".encode(), digest_size=8, person=b"span").hexdigest()


def child(kept: str, exchange_id: str, attempt: int) -> str:
    """The header that goes to the vendor: its parent is the span of our attempt."""
    found = parent(kept)
    flags = "01" if found is None or found.sampled else "00"
    return f"00-{trace_id(kept, exchange_id)}-{span_id(exchange_id, attempt)}-{flags}"
