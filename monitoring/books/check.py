"""The nightly check of the books: for each period, what is spent, the sum of its entries and what the request log says.

It reports and repairs nothing: a difference is looked into by people, and ``gateway.budgets.rebuild`` mends a sum.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from gateway.budgets.periods import at, epoch
from gateway.models import Budget, BudgetEntry, BudgetEvent, BudgetPeriod
from monitoring.books import check_sql
from monitoring.books.check_sql import Differing, Tally
from monitoring.models import BooksCheck
from monitoring.retention import cutoff
from providers.pricing.money import usd

log = logging.getLogger("switchboard.monitoring")

GRACE = timedelta(minutes=10)  # younger calls may not be written on both sides yet
OVERLAP = timedelta(days=1)  # looked at once more: journals of a machine that was down come late
FIRST = timedelta(days=31)  # how far the first check goes back
KEPT = timedelta(days=400)  # checks older than that go
PATIENCE = 5.0  # seconds after which what differed is looked at again: one side may just be ahead of the other
MOST_TOLD = 200  # periods a check tells of
EXAMPLES = 5  # calls of each

Key = tuple[int, int]  # a budget's id and when the period began, in epoch seconds


def check_books(now: datetime, *, rest: Callable[[], None] = lambda: time.sleep(PATIENCE)) -> BooksCheck | None:
    """Compares what has come since the last check, notes it, and tells of what differs: an event for each period and a
    line in the log. ``None``: there is no budget to check."""
    if not Budget.objects.exists():
        return None
    last = BooksCheck.objects.order_by("-until").first()
    since, until = _window(now, last)
    tallies = {(one.budget_id, one.began): one for one in check_sql.tallies(since, until)}
    calls = _calls(since, until, rest)
    sums = _sums(tallies.keys() | calls.keys(), since, until)
    found = [
        _difference(key, sums.get(key), calls.get(key, ()), tallies.get(key))
        for key in sorted({*calls, *(key for key, one in sums.items() if one["spent"] != one["entries"])})
    ]
    _name(found)
    BooksCheck.objects.filter(at__lt=now - KEPT).delete()
    check = BooksCheck.objects.create(
        at=now,
        since=since,
        until=until,
        periods=len(sums),
        calls=sum(one.calls for one in tallies.values()),
        differences=found[:MOST_TOLD],
    )
    _tell(found, last.differences if last is not None else [])
    return check


def _window(now: datetime, last: BooksCheck | None) -> tuple[datetime, datetime]:
    """What the log no longer has cannot be compared."""
    since = last.until - OVERLAP if last is not None else now - FIRST
    kept = cutoff(now, days=settings.LOG_RETENTION_DAYS)
    return max(since, kept + OVERLAP) if kept is not None else since, now - GRACE


def _calls(since: datetime, until: datetime, rest: Callable[[], None]) -> dict[Key, list[Differing]]:
    """Those that differ twice."""
    first = check_sql.differing(since, until)
    if first:
        rest()
        still = set(check_sql.differing(since, until))
        first = [one for one in first if one in still]
    found: dict[Key, list[Differing]] = {}
    for one in first:
        found.setdefault((one.budget_id, one.began), []).append(one)
    return found


def _sums(keys: Iterable[Key], since: datetime, until: datetime) -> dict[Key, dict[str, int]]:
    """Of the periods that were touched: what the row says and what its entries are, both out of one statement, for
    calls go on meanwhile."""
    touched = set(
        BudgetEntry.objects.filter(at__gte=since, at__lt=until).values_list("period_id", flat=True).distinct()
    )
    wanted = set(keys)
    begun = BudgetPeriod.objects.filter(
        budget_id__in={budget for budget, _ in wanted}, starts_at__in={at(began) for _, began in wanted}
    )
    touched |= set(begun.values_list("pk", flat=True))
    entries = BudgetEntry.objects.filter(period=OuterRef("pk")).order_by().values("period")
    sums = Coalesce(Subquery(entries.annotate(sum=Sum("amount")).values("sum")), 0)
    rows = BudgetPeriod.objects.filter(pk__in=touched).annotate(entries_sum=sums)
    return {(row.budget_id, epoch(row.starts_at)): {"spent": row.spent, "entries": row.entries_sum} for row in rows}


def _difference(
    key: Key, sums: Mapping[str, int] | None, calls: Sequence[Differing], tally: Tally | None
) -> dict[str, Any]:
    """``log``: what the log's calls are in all, of those that began since the last check; ``off``: by how much the log
    says more than the entries do, over the calls that differ."""
    return {
        "budget_id": key[0],
        "period": f"{at(key[1]):%Y-%m-%d}",
        "spent": sums["spent"] if sums else None,
        "entries": sums["entries"] if sums else None,
        "log": tally.amount if tally else 0,
        "calls": len(calls),
        "off": sum((one.log or 0) - (one.entry or 0) for one in calls),
        "unbooked": sum(one.entry is None for one in calls),
        "unlogged": sum(one.log is None for one in calls),
        "examples": [{"exchange": one.exchange_id, "log": one.log, "entry": one.entry} for one in calls[:EXAMPLES]],
    }


def _name(found: Iterable[dict[str, Any]]) -> None:
    rows = list(found)
    names = dict(Budget.objects.filter(pk__in={one["budget_id"] for one in rows}).values_list("pk", "name"))
    money = set(Budget.objects.filter(pk__in=names, measure=Budget.Measure.COST).values_list("pk", flat=True))
    for one in rows:
        one["budget"] = names.get(one["budget_id"], f"budget {one['budget_id']}")
        one["measure"] = "cost" if one["budget_id"] in money else "usage"


def words(found: Mapping[str, Any]) -> str:
    """A difference as a sentence."""
    amount = usd if found["measure"] == "cost" else "{:,}".format
    said = [f"{found['budget']}, from {found['period']}:"]
    if found["spent"] != found["entries"]:
        said.append(f"{amount(found['spent'])} are spent, its entries are {amount(found['entries'])};")
    if found["calls"]:
        said.append(
            f"{found['calls']:,} calls differ from the log by {amount(found['off'])} in all "
            f"({found['unbooked']:,} without an entry, {found['unlogged']:,} without a log row)."
        )
    return " ".join(said).rstrip(";")


def _tell(found: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> None:
    """What the last check told in the same words is not told again."""
    known = {words(one) for one in before}
    there = set(Budget.objects.filter(pk__in={one["budget_id"] for one in found}).values_list("pk", flat=True))
    for one in found:
        log.warning("the books differ: %s", words(one))
    BudgetEvent.objects.bulk_create(
        BudgetEvent(kind=BudgetEvent.Kind.MISMATCH, budget_id=one["budget_id"], text=words(one)[:500])
        for one in found
        if one["budget_id"] in there and words(one) not in known
    )
