"""``switchboard tokens``: list, add, rotate, test. A secret is asked for or piped in, never an argument: those can be
seen in the list of processes and stay in the shell's history."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from monitoring.cli.command import PartsCommand
from monitoring.cli.output import Output
from monitoring.management.commands.providers import NAMED, outcome_row
from providers import actions
from providers.models import Token, TokenState

COLUMNS = {
    "provider": "Provider",
    "token": "Token",
    "name": "Name",
    "health": "Health",
    "until": "Rests until",
    "reason": "Why",
    "requests": "Requests",
    "failures": "Failures",
    "last_used_at": "Last used",
    "expires_at": "Expires",
}


class Command(PartsCommand):
    help = "Tokens, the credentials of providers: list, add, rotate, test."
    parts = {
        "list": "Tokens by their fingerprints, with their health.",
        "add": "Adds a token; its secret is asked for, or read from a pipe.",
        "rotate": "Lets a token rest, so that the others of its pool take over.",
        "test": "Tests the tokens of a provider, free of cost.",
    }

    def arguments_of_list(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", nargs="?", default="", help=NAMED[1])

    def arguments_of_add(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help=NAMED[1])
        parser.add_argument("--name", default="", help="what people call it")

    def arguments_of_rotate(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help=NAMED[1])
        parser.add_argument("--token", default="", help="its fingerprint; without it, the one that was used last")
        parser.add_argument("--seconds", type=float, default=None, help="how long it rests")

    def arguments_of_test(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help=NAMED[1])

    def do_list(self, output: Output, options: dict[str, Any]) -> None:
        rows = Token.objects.select_related("provider", "state").defer("secret").order_by("provider__name", "pk")
        if options["provider"]:
            rows = rows.filter(provider=actions.find_provider(options["provider"]))
        output.rows(COLUMNS, map(_row, rows), empty="There is no token. `switchboard tokens add PROVIDER` adds one.")

    def do_add(self, output: Output, options: dict[str, Any]) -> None:
        found = actions.find_provider(options["provider"])
        if sys.stdin.isatty():
            secret = getpass.getpass(f"Token of {found.name} (it is not shown): ")
        else:
            secret = sys.stdin.readline()
        if not secret.strip():
            raise CommandError("No token was given.")
        token = actions.add_token(found, secret.strip(), name=options["name"])
        output.result({"provider": found.name, "token": token.fingerprint}, f"{found.name} has the token {token}.")

    def do_rotate(self, output: Output, options: dict[str, Any]) -> None:
        found = actions.find_provider(options["provider"])
        token = actions.rotate_token(found, by="command line", fingerprint=options["token"], seconds=options["seconds"])
        state = TokenState.objects.filter(pk=token.pk).first()
        until = state.cooling_until if state else None
        text = f"{token.fingerprint} of {found.name} rests until {until:%H:%M:%S} UTC." if until else "It rests."
        output.result({"provider": found.name, "token": token.fingerprint, "until": until}, text)

    def do_test(self, output: Output, options: dict[str, Any]) -> None:
        found = actions.find_provider(options["provider"])
        rows = [outcome_row(one) for one in actions.test(found)]
        columns = {"token": "Token", "result": "Result", "status": "HTTP", "latency_ms": "ms", "message": "Says"}
        output.rows(columns, rows, empty="There is no token to test.")
        if any(one["ok"] is False for one in rows):
            raise CommandError("A token failed its test.")


def _row(token: Token) -> dict[str, Any]:
    state: TokenState | None = getattr(token, "state", None)
    now = timezone.now()
    health = state.health if state else TokenState.Health.HEALTHY
    if not token.enabled:
        health = "disabled"
    elif token.expires_at and token.expires_at <= now:
        health = "expired"
    elif health == TokenState.Health.COOLING and not (state and state.cooling_until and state.cooling_until > now):
        health = TokenState.Health.HEALTHY  # its rest is over
    rests = health in ("cooling", "probation")
    return {
        "provider": token.provider.name,
        "token": token.fingerprint,
        "name": token.label,
        "health": str(health),
        "until": state.cooling_until if state and rests else None,
        "reason": state.reason if state and health not in ("healthy", "disabled") else "",
        "requests": state.requests if state else 0,
        "failures": state.failures if state else 0,
        "last_used_at": state.last_used_at if state else None,
        "expires_at": token.expires_at,
        "source": token.source,
    }
