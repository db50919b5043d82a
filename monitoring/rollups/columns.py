"""The columns of the rollups, and how each is got from the rows of the request log, in SQL for either database."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.rollups import bins

MOST_UNITS, MOST_NANO = 10**12, 10**14  # of one call; what is beyond is a vendor's nonsense, and would overflow sums
KEPT = "('hit', 'similar', 'joined')"  # where the answer cache answered
LATENCY, FIRST_BYTE, DURATION = bins.names("l"), bins.names("f"), bins.names("d")

# Conditions on a row of ``source``
COUNTS = {
    "requests": "",
    "failed": "failed",
    "refused": "refused",
    "cancelled": "cancelled",
    "cached": "kept",
    "fallbacks": "fallback",
    "unpriced": "unpriced",
}
# Sums of its columns
SUMS = {
    "retries": "tries",
    **{name: name for name in ("input", "output", "cached_input", "cache_write_input", "reasoning")},
    **{name: name for name in ("cost_nano", "saved_nano", "written", "writing_us")},
}
FIGURES = [*COUNTS, *SUMS, *LATENCY, *FIRST_BYTE]

ATTEMPT_COUNTS = {"attempts": "", "failures": "failure", "rate_limited": "limited", "timeouts": "timeout"}
ATTEMPT_SUMS = {"cost_nano": "cost_nano"}
ATTEMPT_FIGURES = [*ATTEMPT_COUNTS, *ATTEMPT_SUMS, *DURATION]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What the databases write differently."""

    least: str
    several: str  # whether there was more than one attempt
    tries: str  # how many there were
    first_provider: str
    first_model: str
    elements: str  # the attempts of the row l, as a
    text: str  # one field of an attempt
    whole: str
    minute: str  # when the row began, in minutes since the epoch


POSTGRESQL = Dialect(
    least="least",
    several="attempts->1 IS NOT NULL",
    tries="jsonb_array_length(attempts)",
    first_provider="attempts->0->>'provider'",
    first_model="attempts->0->>'model'",
    elements="CROSS JOIN LATERAL jsonb_array_elements(l.attempts) a(value)",
    text="coalesce(a.value->>'{name}', '')",
    whole="coalesce((a.value->>'{name}')::numeric, 0)",
    minute="(floor(extract(epoch FROM started_at) / 60))::bigint",
)
SQLITE = Dialect(
    least="min",
    several="attempts->'$[1]' IS NOT NULL",
    tries="json_array_length(attempts)",
    first_provider="attempts->>'$[0].provider'",
    first_model="attempts->>'$[0].model'",
    elements=", json_each(l.attempts) a",
    text="coalesce(a.value->>'{name}', '')",
    whole="coalesce(a.value->>'{name}', 0)",
    minute="unixepoch(started_at) / 60",
)


def dialect(vendor: str) -> Dialect:
    return POSTGRESQL if vendor == "postgresql" else SQLITE
