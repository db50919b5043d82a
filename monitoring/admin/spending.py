"""On the page of a budget: who spends it most, and the calls it refused or would have. On a guardrail's: the calls it
spoke of. All from the request log, by indexes, over a bounded number of rows."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gateway.admin import verdict_cells, watched
from gateway.admin.amounts import amount_text
from gateway.admin.budget_standing import span_of
from gateway.models import Budget, BudgetEntry, Guardrail
from monitoring.admin import judged
from monitoring.admin.log_page import status_chip
from monitoring.models import RequestLog
from providers.admin import cells

MOST_ENTRIES, CHUNK = 3_000, 500  # the newest of the period; ids asked for at once
TOP, LATEST = 6, 8
NOTHING = SafeString("")


class Share(NamedTuple):
    name: str
    amount: str
    percent: float
    share: str
    calls: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    at: SafeString
    url: str
    status: SafeString
    judged: SafeString
    who: str
    model: str
    found: SafeString | str


def budget_panel(request: HttpRequest, budget: Budget) -> SafeString:
    if not _may(request):
        return NOTHING
    context = {**_spenders(budget), **_latest(budget.name), "of": "budget"}
    return render_to_string("admin/monitoring/requestlog_budget.html", context)


def guardrail_panel(request: HttpRequest, guardrail: Guardrail) -> SafeString:
    if not _may(request):
        return NOTHING
    return render_to_string("admin/monitoring/requestlog_judged.html", {**_latest(guardrail.name), "of": "guardrail"})


def _may(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("monitoring.view_requestlog"))


# --- who spends it -------------------------------------------------------------------------------


def _spenders(budget: Budget) -> dict[str, Any]:
    """Of the period's newest calls; ``whole`` where those are all of them."""
    now = timezone.now()
    starts_at, _ = span_of(budget, now)
    entries = list(
        BudgetEntry.objects.filter(period__budget=budget, period__starts_at=starts_at)
        .order_by("-pk")
        .values_list("exchange_id", "amount")[: MOST_ENTRIES + 1]
    )
    whole, entries = len(entries) <= MOST_ENTRIES, entries[:MOST_ENTRIES]
    keys, models = _summed(entries, since=starts_at)
    return {
        "keys": _shares(keys, budget, "key"),
        "models": _shares(models, budget, "q"),
        "calls": f"{len(entries):,}",
        "whole": whole,
    }


class _Sums:
    """Amount and calls by name."""

    def __init__(self) -> None:
        self.amounts: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def add(self, name: str, amount: int) -> None:
        self.amounts[name] += amount
        self.calls[name] += 1


def _summed(entries: Sequence[tuple[uuid.UUID, int]], *, since: datetime) -> tuple[_Sums, _Sums]:
    keys, models = _Sums(), _Sums()
    for at in range(0, len(entries), CHUNK):
        part = dict(entries[at : at + CHUNK])
        for pk, key, provider, model in _named(part, since):
            amount = part.pop(pk)
            keys.add(key or "no API key", amount)
            models.add(f"{provider}:{model}" if model else "no model", amount)
    return keys, models


def _named(ids: Iterable[uuid.UUID], since: datetime) -> QuerySet[Any, Any]:
    """The day before is looked at as well: a call may have begun in the period before. The bound keeps PostgreSQL out
    of the older partitions."""
    rows = RequestLog.objects.filter(pk__in=list(ids), started_at__gte=_before(since)).order_by()
    return rows.values_list("pk", "api_key", "provider", "model")


def _before(moment: datetime) -> datetime:
    return moment - timedelta(days=1) if moment.year > 1970 else moment


def _shares(sums: _Sums, budget: Budget, parameter: str) -> list[Share]:
    every = sum(sums.amounts.values()) or 1
    return [
        Share(
            name=name,
            amount=amount_text(amount, measure=budget.measure),
            percent=100 * amount / every,
            share=f"{100 * amount / every:.0f} %",
            calls=f"{sums.calls[name]:,}",
            url=judged.log_url(**{parameter: name.rpartition(":")[2] if parameter == "q" else name, "time": "month"}),
        )
        for name, amount in sums.amounts.most_common(TOP)
    ]


# --- what was said of calls ------------------------------------------------------------------------


def _latest(name: str) -> dict[str, Any]:
    """The newest calls of the last week that it spoke of."""
    since = timezone.now() - timedelta(days=7)
    rows = RequestLog.objects.filter(judged.spoken_by(name), started_at__gte=since)
    shown = rows.order_by("-started_at", "-id").defer("plan", "attempts", "unit_prices")[:LATEST]
    return {"latest": [_line(row, name) for row in shown], "log_url": judged.log_url(by=name, time="week")}


def _line(row: RequestLog, name: str) -> CallLine:
    """Of a call, with what the one of that name said of it."""
    own = [one for one in judged.verdicts_of(row) if one.get("by") == name]
    return CallLine(
        at=cells.moment(row.started_at),
        url=reverse("admin:monitoring_requestlog_change", args=[row.pk]),
        status=status_chip(row),
        judged=format_html_join(" ", "{}", ((verdict_cells.did(one),) for one in own)),
        who=" · ".join(one for one in (row.api_key, row.team) if one),
        model=row.requested_model or row.model,
        found=format_html_join(" ", "{}", ((verdict_cells.what(str(one.get("what") or "")),) for one in own)),
    )


def connect() -> None:
    """From now on the gateway's pages have them."""
    watched.add_panel(Budget, budget_panel)
    watched.add_panel(Guardrail, guardrail_panel)
    watched.set_sayings(judged.sayings)
