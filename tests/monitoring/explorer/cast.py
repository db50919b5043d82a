"""A small log with everything in it, and who looks at it."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.exchange import uuid7
from gateway.models import Team
from monitoring.access import Viewer
from monitoring.models import RequestLog
from tests.monitoring.log_days import make_days

EVERYONE = Viewer(teams=None, name="ada")
ERRORS = ("Rate limit reached, try again", "the vendor is overloaded", "100 % of the budget_is spent")


def row(at: datetime, **fields: Any) -> RequestLog:
    base: dict[str, Any] = {
        "id": uuid.UUID(uuid7()),
        "endpoint": "chat.completions",
        "request_id": uuid.uuid4().hex[:12],
        "provider": "openai",
        "vendor": "openai",
        "model": "gpt-4o",
        "requested_model": "gpt-4o",
        "status": 200,
        "ended_by": "done",
        "usage_basis": "vendor",
        "input": 10,
        "output": 20,
        "cost_nano": 1_000_000,
        "cost_basis": "shipped",
        "latency_us": 500_000,
        "first_byte_us": 100_000,
        "attempts": [{"provider": "openai", "model": "gpt-4o", "status": 200, "duration_us": 500_000}],
    }
    return RequestLog(started_at=at, **{**base, **fields})


def written(*rows: RequestLog) -> list[RequestLog]:
    make_days(one.started_at for one in rows)
    return RequestLog.objects.bulk_create(rows)


def some_log(count: int = 80, *, now: datetime | None = None, seed: int = 5) -> list[RequestLog]:
    """Rows of six days: crowds at one microsecond, gaps of hours, one on a midnight, one ahead of the clock."""
    chance = random.Random(seed)
    now = now or datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [now + timedelta(minutes=3), midnight, midnight - timedelta(microseconds=1)]
    while len(moments) < count:
        moments += [now - timedelta(seconds=chance.expovariate(1 / 40_000))] * chance.choice([1, 1, 2, 5])
    return written(*(_any_row(at, chance) for at in moments[:count]))


def _any_row(at: datetime, chance: random.Random) -> RequestLog:
    status, ended_by = chance.choice([(200, "done")] * 5 + [(429, "failed"), (502, "failed"), (499, "cancelled")])
    failed = ended_by == "failed"
    team = chance.choice([None, 1, 2, 3])
    return row(
        at,
        team_id=team,
        team=f"team {team}" if team else "",
        api_key_id=chance.choice([None, 11, 12, 13]),
        provider=chance.choice(["openai", "anthropic", "groq"]),
        model=chance.choice(["gpt-4o", "claude", "llama"]),
        endpoint=chance.choice(["chat.completions", "embeddings"]),
        stream=chance.random() < 0.5,
        status=status,
        ended_by=ended_by,
        error_code="vendor_error" if failed else "",
        error_message=chance.choice(ERRORS) if failed else "",
        cost_nano=chance.choice([None, 0, 1_000, 2_000_000]),
        latency_us=chance.choice([1_000, 900_000, 5_000_000]),
        session=chance.choice(["", "", "s-1", "s-2"]),
        cache=chance.choice(["", "", "hit", "similar", "stored"]),
        judged=chance.choice(["", "", "blocked", "shadow"]),
    )


def member_of(*teams: Team) -> Viewer:
    return Viewer(teams=frozenset(team.pk for team in teams), name="mem")
