"""``switchboard logs tail``: the request log on the terminal, as it grows."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db import OperationalError, connection

from monitoring.cli.command import OPERATOR, PartsCommand
from monitoring.cli.output import Output
from monitoring.explorer.query import FilterError, LogFilter, TooSlow, page, read_filter
from monitoring.models import RequestLog
from providers.pricing.money import usd

KEPT = 5000  # ids of rows that were shown
POLL_SECONDS = 1.0
MOST = 500


class Command(PartsCommand):
    help = "The request log."
    parts = {"tail": "The newest requests, and with -f those that come."}

    def arguments_of_tail(self, parser: ArgumentParser) -> None:
        parser.add_argument("-n", type=int, default=20, help="how many to begin with")
        parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
        parser.add_argument("--provider", action="append", default=[])
        parser.add_argument("--model", action="append", default=[])
        parser.add_argument("--status", default="", help="a code, or 2xx, 4xx, 5xx")
        parser.add_argument("--error", default="", help="a part of the error's text")
        parser.add_argument("--since", default="24h", help="how far to look back: 45m, 6h, 7d")

    def do_tail(self, output: Output, options: dict[str, Any]) -> None:
        asked = {name: options[name] for name in ("provider", "model", "status", "error", "since") if options[name]}
        try:
            wanted = read_filter(asked, OPERATOR)
            for row in tail(wanted, most=max(0, min(options["n"], MOST)), follow=options["follow"]):
                show(output, row)
        except FilterError as error:
            raise CommandError(str(error)) from None
        except TooSlow:
            raise CommandError("The database takes too long for this; look back less far.") from None
        except KeyboardInterrupt:
            if not options["follow"]:
                raise


def tail(wanted: LogFilter, *, most: int, follow: bool, poll: float = POLL_SECONDS) -> Iterator[RequestLog]:
    """Oldest first. A row is written when its request ends, so one that took long comes behind younger ones."""
    seen: OrderedDict[UUID, None] = OrderedDict()
    first = True
    while True:
        try:
            rows = page(OPERATOR, wanted, most=MOST).rows
        except OperationalError:
            if not follow or first:
                raise
            connection.close()  # the next look makes a new one
            rows = []
        new = [row for row in rows if row.pk not in seen]
        shown = new[:most] if first else new
        seen.update(dict.fromkeys(row.pk for row in reversed(new)))
        while len(seen) > KEPT:
            seen.popitem(last=False)
        yield from reversed(shown)
        if not follow:
            return
        first = False
        time.sleep(poll)


def show(output: Output, row: RequestLog) -> None:
    facts = {
        "id": str(row.pk),
        "started_at": row.started_at,
        "status": row.status,
        "ended_by": row.ended_by,
        "provider": row.provider,
        "model": row.model or row.requested_model,
        "api_key": row.api_key,
        "team": row.team,
        "latency_ms": row.latency_us / 1000,
        "input": row.input,
        "output": row.output,
        "cost_nano": row.cost_nano,
        "error_code": row.error_code,
        "error_message": row.error_message,
        "attempts": len(row.attempts),
    }
    words = [
        f"{row.started_at:%H:%M:%S}",
        str(row.status),
        row.ended_by,
        f"{row.provider or '–'}/{row.model or row.requested_model or '–'}",
        row.api_key or "anonymous",
        f"{row.latency_us / 1000:,.0f} ms",
        f"{row.input:,}→{row.output:,}",
        "cost unknown" if row.cost_nano is None else usd(row.cost_nano),
    ]
    if row.error_code:
        words.append(f"{row.error_code}: {row.error_message[:200]}")
    output.line(facts, words)
