"""``switchboard usage``: requests, usage and cost of a span of time."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from monitoring.cli.command import OPERATOR, output_of, told_plainly
from monitoring.cli.spans import since
from monitoring.rollups.figures import BY, Figures, Only, Span, by, totals
from providers.pricing.money import usd

COLUMNS = {
    "group": "Of",
    "requests": "Requests",
    "failed": "Failed",
    "input": "Input",
    "output": "Output",
    "cost": "Cost",
    "unpriced": "Unpriced",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
}


class Command(BaseCommand):
    help = "Requests, usage and cost, by provider, model, team or API key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", default="24h", help="45m, 6h, 7d, or a date (UTC)")
        parser.add_argument("--by", default="provider", choices=[*BY, "key"])
        parser.add_argument("--provider", action="append", default=[], help="only this one; may be given again")
        parser.add_argument("--model", action="append", default=[], help="only this one; may be given again")
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        output = output_of(self, options)
        now = timezone.now()
        span = Span(since=since(options["since"], now=now), until=now)
        if span.since >= span.until:
            raise CommandError(f"--since {options['since']}: that is not in the past.")
        only = Only(providers=options["provider"], models=options["model"])
        dimension = "api_key" if options["by"] == "key" else options["by"]
        with told_plainly():
            groups = by(dimension, OPERATOR, span, only)
            rows = [_row(one.label, one.figures) for one in groups]
            if len(rows) > 1:
                rows.append(_row("all", totals(OPERATOR, span, only)))
        output.rows(COLUMNS, rows, empty=f"No requests since {span.since:%Y-%m-%d %H:%M} UTC.")


def _row(label: str, figures: Figures) -> dict[str, Any]:
    return {"group": label or "none", **asdict(figures), "cost": usd(figures.cost_nano)}
