"""A vendor that does what a test tells it to: a real HTTP server speaking the OpenAI and Anthropic wires."""

from tests.fake_vendor.answers import (
    HANGS,
    HANGS_MID_STREAM,
    RESETS,
    Answer,
    error_with_200,
    failing,
    html,
    rate_limited,
)
from tests.fake_vendor.connection import Connection, Received
from tests.fake_vendor.server import FakeVendor, in_thread

__all__ = [
    "HANGS",
    "HANGS_MID_STREAM",
    "RESETS",
    "Answer",
    "Connection",
    "FakeVendor",
    "Received",
    "error_with_200",
    "failing",
    "html",
    "in_thread",
    "rate_limited",
]
