"""``switchboard keys``: create, list, revoke API keys."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.management.commands.create_api_key import expiry, team_named, words_of
from gateway.models import ApiKey, Scope
from monitoring.cli.command import PartsCommand
from monitoring.cli.output import Output


class Command(PartsCommand):
    help = "API keys, which apps call with: create, list, revoke."
    parts = {
        "create": "Makes a key and shows it, this once.",
        "list": "Every key, without its secret.",
        "revoke": "Disables a key at once.",
    }

    def arguments_of_create(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--team", default="", help="the name of a team that exists")
        parser.add_argument(
            "--scopes", default=Scope.INFERENCE.value, help=f"comma-separated: {', '.join(Scope.values)}"
        )
        parser.add_argument("--models", default="", help="comma-separated names or patterns it may call, as gpt-*")
        parser.add_argument(
            "--expires", default="", help="30d, 2027-01-31 or 2027-01-31T12:00:00Z; UTC if none is given"
        )

    def arguments_of_list(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", default="", help="only this team's")

    def arguments_of_revoke(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def do_create(self, output: Output, options: dict[str, Any]) -> None:
        key, secret = ApiKey.issue(
            options["name"],
            team=team_named(options["team"]),
            scopes=words_of(options["scopes"]),
            allowed_models=words_of(options["models"]),
            expires_at=expiry(options["expires"], now=timezone.now()),
        )
        output.result({"name": key.name, "key": secret}, secret)

    def do_list(self, output: Output, options: dict[str, Any]) -> None:
        rows = ApiKey.objects.select_related("team").order_by("name")
        if options["team"]:
            rows = rows.filter(team=team_named(options["team"]))
        columns = {
            "name": "Name",
            "hint": "Key",
            "team": "Team",
            "state": "State",
            "scopes": "Scopes",
            "models": "Models",
            "expires_at": "Expires",
            "created_at": "Made",
        }
        output.rows(columns, map(_row, rows.iterator(chunk_size=2000)), empty="There is no API key.")

    def do_revoke(self, output: Output, options: dict[str, Any]) -> None:
        key = ApiKey.objects.filter(name=options["name"]).first()
        if key is None:
            raise CommandError(f"There is no API key named {options['name']}.")
        was = key.enabled
        if was:
            key.enabled = False
            key.save(update_fields=["enabled"])
        text = f"{key.name} is revoked." if was else f"{key.name} was revoked already."
        output.result({"name": key.name, "revoked": True, "changed": was}, text)


def _row(key: ApiKey) -> dict[str, Any]:
    over = key.expires_at is not None and key.expires_at <= timezone.now()
    return {
        "name": key.name,
        "hint": key.hint,
        "team": key.team.name if key.team else None,
        "state": "disabled" if not key.enabled else "expired" if over else "ok",
        "scopes": key.scopes,
        "models": key.allowed_models or ["all"],
        "expires_at": key.expires_at,
        "created_at": key.created_at,
    }
