"""``manage.py rerate``: recomputes the cost of logged requests under the prices that hold now."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from monitoring.books import rerating
from monitoring.books.rerating import Counted
from monitoring.books.slices import finish
from monitoring.books.span import Place, Span
from providers.compiling import compile_catalogue
from providers.environment import environ
from providers.models import Provider
from providers.pricing.money import usd


class Command(BaseCommand):
    help = "Recomputes the cost of logged requests under the prices that hold now, and moves budgets along."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", required=True, help="A day or a time (UTC): 2026-11-01, 2026-11-01T12:00.")
        parser.add_argument("--until", required=True, help="Before this; a day means its beginning.")
        parser.add_argument("--provider", default="", help="Only attempts at this provider.")
        parser.add_argument("--model", default="", help="Only attempts with this model.")
        parser.add_argument("--unknown-only", action="store_true", help="Only what has no known cost.")
        parser.add_argument("--reason", default="", help="Stands in the record of the run.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        span = _span(options)
        catalogue = compile_catalogue(environ())
        if options["dry_run"]:
            found = rerating.preview(span, catalogue, seconds=float("inf"))
            self.stdout.write(f"Would change {summary(found)}")
            return
        record = rerating.begin(span, made_by="manage.py rerate", reason=options["reason"])
        after: Place | None = None
        total = Counted()
        while True:
            found = rerating.run(record, span, catalogue, after=after)
            rerating.join(total, found)
            finish(record, found)
            if (after := found.after) is None:
                break
            self.stdout.write(f"{total.seen:,} requests so far …")
        self.stdout.write(f"Changed {summary(total)}")
        if total.waiting:
            self.stdout.write(
                self.style.WARNING(f"{total.waiting:,} were left: a budget has yet to book them. Run this again later.")
            )


def summary(counted: Counted) -> str:
    """``3 of 10 requests, from $1.00 to $0.50.``"""
    sums = f"{counted.changed:,} of {counted.seen:,} requests, from {usd(counted.before_nano)} to "
    known = f"; {counted.became_known:,} had no known cost" if counted.became_known else ""
    return f"{sums}{usd(counted.after_nano)}{known}."


def _span(options: dict[str, Any]) -> Span:
    since, until = _moment(options["since"], "--since"), _moment(options["until"], "--until")
    if since >= until:
        raise CommandError("--until must be later than --since.")
    provider = options["provider"]
    if provider and not Provider.objects.filter(name=provider).exists():
        raise CommandError(f"There is no provider {provider!r}.")
    return Span(
        since=since, until=until, provider=provider, model=options["model"], only_unknown=options["unknown_only"]
    )


def _moment(text: str, option: str) -> datetime:
    try:
        day = parse_date(text)
        found = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{option}: write a day or a time, as in 2026-11-01 or 2026-11-01T12:00.")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
