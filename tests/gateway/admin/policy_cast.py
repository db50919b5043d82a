"""Teams, keys and budgets that the tests of these pages share, and what a browser sends."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from gateway.budgets import periods
from gateway.models import ApiKey, Budget, BudgetPeriod, Team
from providers.pricing.money import NANO

DOLLAR = NANO
BUDGETS, LIMITS, GUARDRAILS = (f"/admin/gateway/{name}/" for name in ("budget", "limit", "guardrail"))


def team(name: str = "Search") -> Team:
    return Team.objects.create(name=name)


def key(name: str = "app", **fields: Any) -> ApiKey:
    return ApiKey.issue(name, **fields)[0]


def budget(name: str = "Search, monthly", *, spent: int | None = None, leased: int = 0, **fields: Any) -> Budget:
    """Of everyone, a hundred dollars a month; ``spent`` makes its current period."""
    row = Budget.objects.create(**{"name": name, "subject": "everyone", "amount": 100 * DOLLAR, **fields})
    if spent is not None:
        period(row, spent=spent, leased=leased)
    return row


def period(row: Budget, *, at: datetime | None = None, **fields: Any) -> BudgetPeriod:
    moment = at or timezone.now()
    starts_at = periods.at(periods.period_start(row.period, moment.timestamp()))
    return BudgetPeriod.objects.create(budget=row, starts_at=starts_at, **fields)


def form(**fields: Any) -> dict[str, Any]:
    """A new budget's form."""
    return {
        "name": "b", "subject": "everyone", "measure": "cost", "amount": "100", "period": "month", "mode": "hard",
        "thresholds": "50, 80, 100", "enabled": "on", **fields,
    }  # fmt: skip


def raises(row: Budget, *more: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The form of one that is there, with new raises."""
    data = form(name=row.name, **fields) | {"raises-TOTAL_FORMS": len(more), "raises-INITIAL_FORMS": 0}
    for at, one in enumerate(more):
        data |= {f"raises-{at}-{name}": value for name, value in one.items()}
    return data


def span(days: int = 7, *, since: int = -1) -> dict[str, str]:
    """The four fields of a raise's begin and end."""
    now = timezone.now()
    begins, ends = now + timedelta(days=since), now + timedelta(days=days)
    return {
        "starts_at_0": f"{begins:%Y-%m-%d}", "starts_at_1": "00:00:00",
        "ends_at_0": f"{ends:%Y-%m-%d}", "ends_at_1": "00:00:00",
    }  # fmt: skip


def staff(*codenames: str) -> Client:
    """A signed-in user with these permissions."""
    user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    """What the page shows, without its marks."""
    reply = client.get(address) if data is None else client.post(address, data, follow=True)
    assert reply.status_code == 200
    return plain(reply.content.decode())


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
