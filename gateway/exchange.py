"""Attempt and Exchange: the whole story of a call, ready to be journaled and logged.

Both are msgspec structs, because an exchange is encoded on the hot path. Times are UTC: ``started_at``
in microseconds since the epoch, durations in microseconds.
"""

from __future__ import annotations

import os
import random
import time

import msgspec


class Attempt(msgspec.Struct, array_like=True, kw_only=True):
    """One try at one target with one token."""

    provider: str
    model: str
    token: str = ""  # the token's fingerprint, never its secret; "" for an anonymous one
    started_us: int = 0  # since the exchange began
    duration_us: int = 0
    status: int = 0  # the vendor's HTTP status; 0 when none came
    error: str = ""  # code of the error tree
    reason: str = ""  # why this target, in words
    verdict: str = ""  # what the error said to do next
    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    cost_nano: int | None = None
    cost_basis: str = ""  # "" for an attempt that nobody bills; else as in Exchange
    message: str = ""  # why it failed, in words
    kind: str = ""  # "" the usual next one, "retry" after a wait, "hedge" beside a slow one
    waited_us: int = 0  # before it, on purpose
    first_byte_us: int = 0  # since it began; 0: none came
    charged: list[tuple[int, int]] = []  # budgets it counts in: (budget id, when the period began, in epoch seconds)
    hold_nano: int = 0  # what a hard budget held for it; booked if the process dies before it ends
    hold_units: int = 0


class Verdict(msgspec.Struct, array_like=True, kw_only=True):
    """What one guardrail, or one budget in shadow mode, said; never what it found. ``by``: its name. ``what``: passed
    things by kind, as "email:2,phone:1". ``action``: block, redact, restore, log, refuse (a budget), failed."""

    by: str
    kind: str  # Guardrail.Kind, or "budget"
    action: str
    on: str = "request"  # or "reply"
    shadow: bool = False
    what: str = ""
    score: float | None = None  # of a classifier, from 0 to 1
    us: int = 0  # microseconds it took


class Exchange(msgspec.Struct, array_like=True, kw_only=True):
    """The story of one call. ``ended_by``: "done", "failed", "cancelled" (the app left) or "interrupted"
    (the process died). ``usage_basis``: vendor, counted, estimated, none. ``cost_nano``: nano-dollars of all attempts
    together, ``None`` where unknown; ``cost_basis``: vendor, override, vendor_list, shipped, genai-prices, unknown.
    New fields come last, with a default: records of an older version are read too."""

    id: str
    started_at: int
    request_id: str = ""
    endpoint: str = ""
    api_key_id: int = 0
    api_key: str = ""  # its name
    team_id: int = 0
    team: str = ""
    requested_model: str = ""
    provider: str = ""
    vendor: str = ""
    model: str = ""
    token: str = ""
    wire: str = ""
    stream: bool = False
    status: int = 0
    ended_by: str = ""
    error_code: str = ""
    error_message: str = ""
    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    usage_basis: str = "none"
    latency_us: int = 0
    first_byte_us: int = 0  # 0: none came
    finish: str = ""
    dropped: str = ""  # knobs the target did not know, comma-separated
    attempts: list[Attempt] = []
    content: bytes = b""  # encrypted request and answer, if the team stores them
    input_audio: int = 0
    output_audio: int = 0
    cost_nano: int | None = None
    cost_basis: str = "unknown"
    unit_prices: dict[str, int] = {}  # what was applied: nano-dollars for a million units; {} for the vendor's own sum
    session: str = ""
    plan: bytes = b""  # JSON, see gateway/routing/story.py; empty where nothing was to be chosen
    holder: str = ""  # whose leases its attempts' holds are from; "" where there are none
    tags: list[str] = []
    verdicts: list[Verdict] = []  # of guardrails, and of budgets in shadow mode
    cache: str = ""  # "hit", "similar" or "joined" where the answer cache gave it, "stored" where it was kept
    saved_nano: int | None = None  # what the answer had cost when it was made
    trace: str = ""  # the app's W3C traceparent, where it sent one; see gateway/trace.py


def uuid7() -> str:
    """A time-ordered UUID (RFC 9562 §5.7) as its 36-character text."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (_random.getrandbits(76) & _RANDOM) | _VERSION_AND_VARIANT
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_random = random.Random(os.urandom(32))  # an id must be unique, not secret: one system call a process is enough
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_RANDOM = (0xFFF << 64) | ((1 << 62) - 1)
