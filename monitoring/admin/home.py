"""The admin's first page: what to do next, and the last hour. A handful of bounded queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from gateway.models import ApiKey
from monitoring.models import RequestLog
from providers.admin import cells
from providers.environment import environ
from providers.overview import Glance, overview

MOST_ROWS = 10_000  # of the last hour that are looked at; more are told as "10000+"
MINUTES = 60
FAILURES = {RequestLog.EndedBy.FAILED, RequestLog.EndedBy.INTERRUPTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do on the way to a first answer."""

    done: bool
    title: str
    text: str
    url: str
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One minute: heights in percent of the busiest minute."""

    label: str
    good: float
    bad: float


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's ``DASHBOARD_CALLBACK``. Shows only what the user may view."""
    now = timezone.now()
    may = request.user.has_perm
    glances = overview(environ(), now=now) if may("providers.view_provider") else None
    has_key = ApiKey.objects.filter(enabled=True).exists() if may("gateway.view_apikey") else None
    hour = last_hour(now) if may("monitoring.view_requestlog") else None
    steps = _steps(request, glances, has_key=has_key, called=_ever_called(hour) if hour else None)
    return {
        **context,
        "title": "Switchboard",
        "steps": steps,
        "steps_left": sum(not step.done for step in steps),
        "hour": hour,
        "failing": _failing(glances or {}),
        "providers_url": reverse("admin:providers_provider_changelist"),
        "log_url": reverse("admin:monitoring_requestlog_changelist"),
        "status_counts": _counts(glances) if glances is not None else None,
    }


def _steps(
    request: HttpRequest, glances: dict[int, Glance] | None, *, has_key: bool | None, called: bool | None
) -> list[Step]:
    steps = []
    if glances is not None:
        active = any(one.status.colour == "green" for one in glances.values())
        steps.append(Step(
            done=active, title="Configure a provider", button="Open providers",
            text="Choose a vendor, give it a token, test the connection and switch it on.",
            url=reverse("admin:providers_provider_changelist"),
        ))  # fmt: skip
    if has_key is not None:
        addable = request.user.has_perm("gateway.add_apikey")
        steps.append(Step(
            done=has_key, title="Create an API key", button="Create a key" if addable else "Open API keys",
            text="Apps use it in place of the vendor's. It is shown once.",
            url=reverse("admin:gateway_apikey_add" if addable else "admin:gateway_apikey_changelist"),
        ))  # fmt: skip
    if called is not None:
        steps.append(Step(
            done=called, title="Send the first request", button="Open the request log",
            text=f"Point an OpenAI SDK at {request.scheme}://{request.get_host()}/v1 with that key.",
            url=reverse("admin:monitoring_requestlog_changelist"),
        ))  # fmt: skip
    return steps


def last_hour(now: datetime) -> dict[str, Any]:
    """Counts, median latency and one bar a minute of the last hour, from one bounded query."""
    since = now - timedelta(minutes=MINUTES)
    rows = list(
        RequestLog.objects.filter(started_at__gt=since)
        .order_by("-started_at", "-id")
        .values_list("started_at", "ended_by", "latency_us")[: MOST_ROWS + 1]
    )
    capped, rows = len(rows) > MOST_ROWS, rows[:MOST_ROWS]
    good, bad = [0] * MINUTES, [0] * MINUTES
    for started_at, ended_by, _ in rows:
        minute = min(int((started_at - since).total_seconds() // 60), MINUTES - 1)
        (bad if ended_by in FAILURES else good)[minute] += 1
    latencies = sorted(row[2] for row in rows)
    return {
        "requests": len(rows),
        "capped": capped,
        "errors": sum(bad),
        "error_share": f"{100 * sum(bad) / len(rows):.1f} %" if rows else "",
        "latency": cells.microseconds(latencies[len(latencies) // 2]) if latencies else "",
        "bars": _bars(good, bad, since),
    }


def _bars(good: list[int], bad: list[int], since: datetime) -> list[Bar]:
    highest = max((one + other for one, other in zip(good, bad, strict=True)), default=0) or 1
    return [
        Bar(
            label=f"{since + timedelta(minutes=minute):%H:%M}: {good[minute]} answered, {bad[minute]} failed",
            good=round(100 * good[minute] / highest, 1),
            bad=round(100 * bad[minute] / highest, 1),
        )
        for minute in range(MINUTES)
    ]


def _ever_called(hour: dict[str, Any]) -> bool:
    return bool(hour["requests"]) or RequestLog.objects.order_by().exists()


def _counts(glances: dict[int, Glance]) -> dict[str, int]:
    counts = dict.fromkeys(("green", "yellow", "red"), 0)
    for one in glances.values():
        counts[one.status.colour] += 1
    return counts


def _failing(glances: dict[int, Glance]) -> list[dict[str, Any]]:
    """Providers that are switched on and red, with what is wrong."""
    return [
        {"name": one.name, "status": one.status, "url": reverse("admin:providers_provider_change", args=[pk])}
        for pk, one in sorted(glances.items(), key=lambda item: item[1].name)
        if one.status.colour == "red" and one.enabled
    ]
