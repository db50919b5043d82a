"""``manage.py budgets check|rebuild``: whether budgets and what they are sums of agree, and making them agree."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateway.budgets.rebuild import compare, rebuild


class Command(BaseCommand):
    help = "Compares what budgets have spent with their entries; rebuild takes it over from the entries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("check", "rebuild"), help="check changes nothing")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        differing = compare() if action == "check" else rebuild()
        for one in differing:
            self.stdout.write(str(one))
        if not differing:
            self.stdout.write("Every budget agrees with its entries and leases.")
        elif action == "rebuild":
            self.stdout.write(f"{len(differing)} periods were corrected.")
        else:
            raise CommandError(f"{len(differing)} periods differ; manage.py budgets rebuild corrects them.")
