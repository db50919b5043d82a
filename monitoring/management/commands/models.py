"""``switchboard models``: the catalogue."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from monitoring.cli.command import PartsCommand
from monitoring.cli.output import Output
from providers import actions
from providers.models import Model

ABILITIES = ("vision", "tools", "reasoning", "structured_output", "audio", "streaming")


class Command(PartsCommand):
    help = "Models of the catalogue."
    parts = {"list": "Models, with what they can do and what they cost."}

    def arguments_of_list(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", default="", help="only this provider's")
        parser.add_argument("--can", default="", help=f"comma-separated: {', '.join(ABILITIES)}")
        parser.add_argument("--all", action="store_true", help="also those that are disabled")

    def do_list(self, output: Output, options: dict[str, Any]) -> None:
        rows = Model.objects.select_related("provider").order_by("provider__name", "model_id")
        if options["provider"]:
            rows = rows.filter(provider=actions.find_provider(options["provider"]))
        if not options["all"]:
            rows = rows.filter(enabled=True).exclude(provider__dispatch="off")
        wanted = [word.strip() for word in options["can"].split(",") if word.strip()]
        if unknown := set(wanted) - set(ABILITIES):
            raise CommandError(f"--can {', '.join(sorted(unknown))}: these are known: {', '.join(ABILITIES)}.")
        rows = rows.filter(**dict.fromkeys(wanted, True))
        columns = {
            "provider": "Provider",
            "model": "Model",
            "mode": "Mode",
            "context_window": "Context",
            "max_output": "Most output",
            "can": "Can",
        }
        empty = "No model is there. `switchboard providers enable NAME` switches a provider on."
        output.rows(columns, map(_row, rows.iterator(chunk_size=2000)), empty=empty)


def _row(model: Model) -> dict[str, Any]:
    return {
        "provider": model.provider.name,
        "model": model.model_id,
        "mode": model.mode,
        "context_window": model.context_window,
        "max_output": model.max_output,
        "can": [name for name in ABILITIES if getattr(model, name)],
        "enabled": model.enabled,
    }
