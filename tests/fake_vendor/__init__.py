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
from tests.fake_vendor.connection import TASK_NAME, Connection, Received
from tests.fake_vendor.faults import BY_NAME, FAULTS, Chances, Fault, Listed, Schedule
from tests.fake_vendor.server import FakeVendor, echoed, in_thread

__all__ = [
    "BY_NAME",
    "FAULTS",
    "HANGS",
    "HANGS_MID_STREAM",
    "RESETS",
    "TASK_NAME",
    "Answer",
    "Chances",
    "Connection",
    "FakeVendor",
    "Fault",
    "Listed",
    "Received",
    "Schedule",
    "echoed",
    "error_with_200",
    "failing",
    "html",
    "in_thread",
    "rate_limited",
]
