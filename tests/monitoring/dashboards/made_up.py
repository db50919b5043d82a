"""A plausible month of four teams: providers, keys, requests, budgets, an outage, scores. For tests and screenshots.

``fill`` writes into the database it finds; the same seed makes the same month. By hand, into a fresh DATA_DIR that
``manage.py up`` has begun (show it with ``manage.py runserver --insecure`` and no worker: the made-up tokens are tested
else, and every provider is down):

    DATA_DIR=/tmp/demo .venv/bin/python manage.py shell -c "from django.utils import timezone; \
        from tests.monitoring.dashboards.made_up import fill; fill(timezone.now(), days=30, a_day=2500)"
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from gateway.exchange import Attempt, Exchange
from gateway.models import ApiKey, Budget, BudgetEvent, BudgetPeriod, Team
from monitoring.log_writer import LogWriter
from monitoring.models import HealthSpan, HealthState, Outage, QualityScore, RequestLog
from monitoring.rollups.backfill import backfill
from monitoring.rollups.work import roll
from providers.models import Model, Provider, Token, TokenState

DOLLAR = 1_000_000_000
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 19, 20, 18, 16, 18, 20, 20, 18, 14, 10, 8, 7, 6, 4, 3)  # how busy each is
WEEKEND = 0.35


@dataclass(frozen=True)
class Kind:
    """A model: what it costs (dollars for a million input and output units), how long it takes and how it is used."""

    provider: str
    model: str
    price: tuple[float, float]
    first_ms: float
    per_second: float
    cached: float  # of the input
    context: int = 128_000


MODELS = {
    "gpt-4o": Kind("openai", "gpt-4o", (2.5, 10), 420, 75, 0.34),
    "gpt-4o-mini": Kind("openai", "gpt-4o-mini", (0.15, 0.6), 330, 110, 0.28),
    "embed": Kind("openai", "text-embedding-3-small", (0.02, 0), 90, 0, 0, 8191),
    "sonnet": Kind("anthropic", "claude-sonnet-4-5", (3, 15), 780, 68, 0.52, 200_000),
    "haiku": Kind("anthropic", "claude-haiku-4-5", (1, 5), 460, 130, 0.4, 200_000),
    "flash": Kind("google", "gemini-2.5-flash", (0.3, 2.5), 380, 170, 0.2, 1_000_000),
    "llama": Kind("groq", "llama-3.3-70b-versatile", (0.59, 0.79), 160, 280, 0),
}
PROVIDERS = ("openai", "anthropic", "google", "groq")


@dataclass(frozen=True)
class App:
    """One API key: its part of the team's traffic, its models with their weights, and the sizes of its calls."""

    key: str
    part: float
    models: dict[str, float]
    input: int
    output: int
    stream: bool = True


TEAMS: dict[str, tuple[float, tuple[App, ...]]] = {
    "Search": (
        0.44,
        (
            App("search-web", 0.55, {"gpt-4o-mini": 6, "flash": 3, "gpt-4o": 1}, 1400, 220),
            App("search-index", 0.3, {"embed": 1}, 700, 0, stream=False),
            App("search-rerank", 0.15, {"llama": 2, "flash": 1}, 2200, 60, stream=False),
        ),
    ),
    "Support": (
        0.3,
        (
            App("support-chat", 0.8, {"sonnet": 5, "haiku": 3, "gpt-4o": 2}, 3600, 420),
            App("support-summaries", 0.2, {"haiku": 4, "gpt-4o-mini": 2}, 5200, 260, stream=False),
        ),
    ),
    "Data science": (
        0.16,
        (
            App("notebooks", 0.6, {"gpt-4o": 3, "sonnet": 3, "flash": 2}, 4800, 900),
            App("nightly-labels", 0.4, {"gpt-4o-mini": 3, "llama": 2}, 900, 90, stream=False),
        ),
    ),
    "Mobile": (
        0.1,
        (App("ios", 0.6, {"gpt-4o-mini": 3, "haiku": 2}, 800, 180), App("android", 0.4, {"gpt-4o-mini": 1}, 800, 170)),
    ),
}


@dataclass
class Made:
    """What was made, by name."""

    now: datetime
    teams: dict[str, Team] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    requests: int = 0


def fill(now: datetime, *, days: int = 30, a_day: int = 2500, seed: int = 7) -> Made:
    """``a_day``: requests on a busy day at the end; a third fewer at the beginning of a month before."""
    made = Made(now=now)
    chance = random.Random(seed)
    _accounts(made)
    batch: list[Exchange] = []
    for one in _requests(made, chance, days=days, a_day=a_day):
        batch.append(one)
        if len(batch) == 1000:
            LogWriter().take(batch)
            batch.clear()
        made.requests += 1
    if batch:
        LogWriter().take(batch)
    roll(now=now)
    while not backfill(now=now, seconds=60):
        pass
    _budgets(made)
    _health(made, days=days)
    _scores(made, chance, days=min(days, 30))
    return made


def _accounts(made: Made) -> None:
    for name in PROVIDERS:
        row, _ = Provider.objects.get_or_create(name=name, defaults={"vendor": name})
        Provider.objects.filter(pk=row.pk).update(dispatch="pooled")
        made.providers[name] = row
        for number in range(3 if name == "openai" else 2):
            token, _ = Token.objects.get_or_create(
                provider=row, label=f"{name}-{number + 1}", defaults={"secret": f"made-up-{name}-{number}"}
            )
            health = "suspended" if (name, number) == ("openai", 2) else "healthy"
            TokenState.objects.update_or_create(token=token, defaults={"health": health})
    for kind in MODELS.values():
        Model.objects.get_or_create(
            provider=made.providers[kind.provider],
            model_id=kind.model,
            defaults={
                "mode": "embedding" if "embed" in kind.model else "chat",
                "context_window": kind.context,
                "vision": kind.model.startswith(("gpt-4o", "claude", "gemini")),
                "tools": "embed" not in kind.model,
                "streaming": "embed" not in kind.model,
                "price_input": kind.price[0],
                "price_output": kind.price[1] or None,
            },
        )
    for name, (_, apps) in TEAMS.items():
        made.teams[name], _ = Team.objects.get_or_create(name=name)
        for app in apps:
            found = ApiKey.objects.filter(name=app.key).first()
            made.keys[app.key] = found or ApiKey.issue(app.key, team=made.teams[name])[0]


def _requests(made: Made, chance: random.Random, *, days: int, a_day: int) -> Iterator[Exchange]:
    """The oldest first."""
    begin = (made.now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    hours = int((made.now - begin) / timedelta(hours=1)) + 1
    for number in range(hours):
        hour = begin + timedelta(hours=number)
        age = (made.now - hour) / timedelta(days=1)
        busy = HOURS[hour.hour] / sum(HOURS) * (WEEKEND if hour.weekday() >= 5 else 1) / (1 + age / 60)
        wanted = a_day * busy * chance.uniform(0.85, 1.15)
        places = sorted(chance.random() for _ in range(int(wanted + chance.random())))
        for place in places:
            at = hour + timedelta(hours=place)
            if at < made.now:
                yield _request(made, chance, at)


def _request(made: Made, chance: random.Random, at: datetime) -> Exchange:
    team = chance.choices(list(TEAMS), [part for part, _ in TEAMS.values()])[0]
    apps = TEAMS[team][1]
    app = chance.choices(apps, [one.part for one in apps])[0]
    kind = MODELS[chance.choices(list(app.models), list(app.models.values()))[0]]
    input_units = max(12, int(app.input * chance.lognormvariate(0, 0.6)))
    output_units = int(app.output * chance.lognormvariate(-0.1, 0.7)) if kind.per_second else 0
    fields = {
        "id": _id(at, chance),
        "started_at": int(at.timestamp() * 1_000_000),
        "request_id": f"req_{chance.getrandbits(48):012x}",
        "endpoint": "embeddings" if "embed" in kind.model else "chat.completions",
        "api_key_id": made.keys[app.key].pk,
        "api_key": app.key,
        "team_id": made.teams[team].pk,
        "team": team,
        "requested_model": kind.model,
        "stream": app.stream,
    }
    if chance.random() < 0.05 and app.stream:
        return _cached(fields, kind, input_units, output_units, chance)
    failing = _ill(made.now, kind.provider, at)
    if chance.random() < failing:
        return _fallen_back(fields, kind, input_units, output_units, chance)
    return _plain(fields, kind, input_units, output_units, chance)


def _plain(fields: dict[str, Any], kind: Kind, given: int, written: int, chance: random.Random) -> Exchange:
    drawn = chance.random()
    if drawn < 0.004:
        return _refused(fields, kind, chance)
    if drawn < 0.0075:
        return _failed(fields, kind, chance)
    first, whole = _times(kind, given, written, chance)
    cached = int(given * min(max(chance.gauss(kind.cached, 0.15), 0), 0.95)) if kind.cached else 0
    cost = _cost(kind, given, cached, written)
    gone = drawn > 0.991
    attempt = Attempt(
        provider=kind.provider, model=kind.model, status=200, duration_us=whole, first_byte_us=first, input=given,
        output=written, cached_input=cached, cost_nano=cost,
    )  # fmt: skip
    return Exchange(
        **fields, provider=kind.provider, vendor=kind.provider, model=kind.model, token=f"{kind.provider[:4]}0001",
        status=200, ended_by="cancelled" if gone else "done", input=given, output=written // (2 if gone else 1),
        cached_input=cached, usage_basis="vendor", cost_nano=cost, cost_basis="shipped", latency_us=whole,
        first_byte_us=first, finish="stop", attempts=[attempt],
    )  # fmt: skip


def _fallen_back(fields: dict[str, Any], kind: Kind, given: int, written: int, chance: random.Random) -> Exchange:
    """Its provider is ill: another answers, mostly."""
    if chance.random() < 0.12:
        return _failed(fields, kind, chance)
    other = MODELS["haiku" if kind.provider == "openai" else "gpt-4o-mini"]
    answer = _plain(fields, other, given, written, chance)
    lost = chance.randint(300_000, 2_500_000)
    answer.attempts = [_broken(kind, lost, verdict="next target"), *answer.attempts]
    answer.latency_us += lost
    answer.first_byte_us += lost
    return answer


def _cached(fields: dict[str, Any], kind: Kind, given: int, written: int, chance: random.Random) -> Exchange:
    took = chance.randint(3_000, 9_000)
    return Exchange(
        **fields, provider=kind.provider, vendor=kind.provider, model=kind.model, status=200, ended_by="done",
        input=0, output=0, cost_nano=0, cost_basis="shipped", cache="hit", saved_nano=_cost(kind, given, 0, written),
        latency_us=took, first_byte_us=took - 1000, finish="stop",
    )  # fmt: skip


def _refused(fields: dict[str, Any], kind: Kind, chance: random.Random) -> Exchange:
    status, code = chance.choice([(429, "rate_limit_exceeded"), (400, "invalid_request"), (402, "budget_exceeded")])
    return Exchange(
        **fields, provider=kind.provider if status == 400 else "", vendor="", model=kind.model, status=status,
        ended_by="failed", error_code=code, error_message="Refused.", latency_us=chance.randint(2_000, 20_000),
    )  # fmt: skip


def _failed(fields: dict[str, Any], kind: Kind, chance: random.Random) -> Exchange:
    took = chance.randint(400_000, 9_000_000)
    return Exchange(
        **fields, provider=kind.provider, vendor=kind.provider, model=kind.model, status=502, ended_by="failed",
        error_code="upstream_error", error_message="The provider answered 503.", latency_us=took,
        attempts=[_broken(kind, took)],
    )  # fmt: skip


def _broken(kind: Kind, took: int, *, verdict: str = "stop") -> Attempt:
    return Attempt(
        provider=kind.provider, model=kind.model, status=503, error="provider_unavailable", duration_us=took,
        verdict=verdict, message="overloaded",
    )  # fmt: skip


def _times(kind: Kind, given: int, written: int, chance: random.Random) -> tuple[int, int]:
    """Microseconds until the first byte, and for the whole of it."""
    first = kind.first_ms * chance.lognormvariate(0, 0.35) * (1 + given / 60_000)
    pace = kind.per_second * chance.lognormvariate(0, 0.2) if kind.per_second else 0
    return int(first * 1000), int((first + (1000 * written / pace if pace else 8)) * 1000)


def _cost(kind: Kind, given: int, cached: int, written: int) -> int:
    return int(1000 * (kind.price[0] * (given - 0.6 * cached) + kind.price[1] * written))


def _ill(now: datetime, provider: str, at: datetime) -> float:
    """Which part of its calls fails: two outages and a bad afternoon."""
    for name, began, ended, part in ILLNESSES:
        if name == provider and now - began <= at < now - ended:
            return part
    return 0.0


def _days(days: float) -> timedelta:
    return timedelta(days=days)


ILLNESSES = (
    ("anthropic", _days(63.7), _days(63.62), 0.3),
    ("google", _days(47.2), _days(47.15), 0.8),
    ("groq", _days(71.5), _days(71.3), 0.95),
    ("openai", _days(9.4), _days(9.28), 0.95),
    ("openai", _days(21.1), _days(21.06), 0.9),
    ("groq", _days(3.3), _days(3.05), 0.35),
    ("google", _days(0.04), _days(0), 0.3),
)


def _id(at: datetime, chance: random.Random) -> str:
    value = (int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (chance.getrandbits(12) << 64) | (0x2 << 62)
    return str(uuid.UUID(int=value | chance.getrandbits(62)))


def _budgets(made: Made) -> None:
    """Six, from comfortable to spent; what is spent is what the requests cost."""
    month = made.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    today = made.now.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = max((made.now - month) / timedelta(days=30), 0.05)

    def spent(since: datetime, **only: Any) -> int:
        return RequestLog.objects.filter(started_at__gte=since, **only).aggregate(sum=Sum("cost_nano"))["sum"] or 0

    def budget(name: str, since: datetime, part: float, only: dict[str, Any], **fields: Any) -> None:
        used = spent(since, **only)
        amount = fields.pop("amount", 0) or max(_round(used / part), DOLLAR // 100)
        row, _ = Budget.objects.get_or_create(name=name, defaults={"amount": amount, **fields})
        refusing = used >= amount * 0.8 and fields.get("mode") == "hard"
        counted = {
            "spent": used,
            "leased": amount // 100,
            "calls": RequestLog.objects.filter(started_at__gte=since, **only).count(),
            "refused": 14 if refusing else 0,
            "told": 80 if used > 0.8 * amount else 0,
        }
        BudgetPeriod.objects.update_or_create(budget=row, starts_at=since, defaults=counted)
        for threshold in row.thresholds:
            if used * 100 >= amount * threshold and not row.events.filter(text__contains=f"{threshold} %").exists():
                BudgetEvent.objects.create(
                    at=made.now - (made.now - since) * (1 - threshold * amount / 100 / used) if used else made.now,
                    kind="threshold", budget=row, text=f"“{name}” reached {threshold} %.",
                )  # fmt: skip

    everyone = spent(month)
    budget("Everything", month, 0, {}, subject="everyone", amount=_round(max(everyone, DOLLAR) / min(passed, 1) * 1.25))
    for name, part in (("Search", 0.55), ("Support", 0.86), ("Data science", 1.04), ("Mobile", 0.3)):
        team = made.teams[name]
        mode = "soft" if name == "Data science" else "hard"
        budget(f"{name} team", month, part, {"team_id": team.pk}, subject="team", team=team, mode=mode)
    key = made.keys["notebooks"]
    own = {"subject": "key", "api_key": key, "period": "day", "mode": "shadow"}
    budget("Notebooks, a day", today, 0.6, {"api_key_id": key.pk}, **own)
    week = today - timedelta(days=today.weekday())
    units = RequestLog.objects.filter(started_at__gte=week, provider="anthropic")
    used = sum(value or 0 for value in units.aggregate(Sum("input"), Sum("output")).values())
    usage, _ = Budget.objects.get_or_create(
        name="Anthropic usage", defaults={
            "subject": "provider", "provider": made.providers["anthropic"], "measure": "usage", "period": "week",
            "amount": max(_round(used * 1.4 * DOLLAR) // DOLLAR, 1),
        },
    )  # fmt: skip
    BudgetPeriod.objects.update_or_create(budget=usage, starts_at=week, defaults={"spent": used})


def _round(nano: float) -> int:
    """To two digits that count, as people set budgets."""
    if nano < DOLLAR:
        return max(int(nano), 1)
    size = 10 ** (int(math.log10(nano)) - 1)
    return int(round(nano / size) * size)


def _health(made: Made, *, days: int) -> None:
    """Spans, outages and states as the requests tell them."""
    begin = made.now - timedelta(days=max(days, 88) - 0.3)  # watched for longer than the log is kept here
    for name, provider in made.providers.items():
        at = begin
        ill = sorted((one for one in ILLNESSES if one[0] == name), key=lambda one: -one[1])
        for _, began, ended, part in ill:
            status = "down" if part > 0.5 else "degraded"
            since, until = made.now - began, made.now - ended
            HealthSpan.objects.create(provider=provider, status="healthy", began_at=at, until=since)
            HealthSpan.objects.create(provider=provider, status=status, began_at=since, until=until)
            lasts = until >= made.now
            Outage.objects.create(
                provider=provider, status=status, began_at=since, down_at=since if status == "down" else None,
                ended_at=None if lasts else until, ended_as="" if lasts else "healthy", signal="traffic",
                reason=f"{round(part * 100)} % of its attempts failed.", fallbacks=int(300 * part),
            )  # fmt: skip
            at = until
        ill_now = bool(ill) and ill[-1][2] == timedelta(0)
        if not ill_now:
            HealthSpan.objects.create(provider=provider, status="healthy", began_at=at, until=made.now)
        HealthState.objects.update_or_create(
            provider=provider, model="",
            defaults={
                "status": "degraded" if ill_now else "healthy", "since": made.now - ill[-1][1] if ill_now else at,
                "reason": "3 of 10 attempts failed in the last 5 minutes." if ill_now else "Answers.",
                "signal": "traffic", "checked_at": made.now,
            },
        )  # fmt: skip


def _scores(made: Made, chance: random.Random, *, days: int) -> None:
    rows = []
    for kind, level in (("gpt-4o", 0.9), ("sonnet", 0.93), ("haiku", 0.86), ("gpt-4o-mini", 0.81), ("flash", 0.84)):
        for day in range(days):
            for _ in range(4):
                team = chance.choice(list(made.teams.values()))
                at = made.now - timedelta(days=day, hours=chance.uniform(0, 20))
                good = [min(max(chance.gauss(level + up, 0.07), 0), 1) for up in (0.02, 0.03, -0.05, 0.06)]
                rows.append(
                    QualityScore(
                        request_id=uuid.UUID(int=chance.getrandbits(128)), at=at, judged_at=at, team_id=team.pk,
                        team=team.name, provider=MODELS[kind].provider, model=MODELS[kind].model, relevance=good[0],
                        coherence=good[1], accuracy=good[2], safety=good[3], judge="openai:gpt-4o", cost_nano=900_000,
                    )
                )  # fmt: skip
    QualityScore.objects.bulk_create(rows)
