"""``switchboard providers``: list, show, config, test, enable, disable."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from monitoring.cli.command import PartsCommand, progress
from monitoring.cli.output import Output
from monitoring.health import board
from providers import actions
from providers.env import overlay
from providers.environment import environ
from providers.models import Provider
from providers.overview import glance, overview
from providers.vendors import all_vendors

NAMED = "name", "its name; case, _ and - do not matter"


class Command(PartsCommand):
    help = "Providers: list, show, configure, test, enable, disable."
    parts = {
        "list": "Every provider, how it is and how many tokens and models it has.",
        "show": "One provider in detail.",
        "config": "Changes fields: config openai priority=10 base_url=https://…",
        "test": "Tests the tokens of providers, free of cost.",
        "enable": "Lets a provider take calls.",
        "disable": "Takes a provider out of use.",
    }

    def arguments_of_list(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that are off")

    def arguments_of_show(self, parser: ArgumentParser) -> None:
        parser.add_argument(NAMED[0], help=NAMED[1])

    def arguments_of_config(self, parser: ArgumentParser) -> None:
        parser.add_argument(NAMED[0], help=NAMED[1])
        parser.add_argument("changes", nargs="+", metavar="FIELD=VALUE", help="as in the admin; FIELD= empties it")

    def arguments_of_test(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="name", help=NAMED[1])
        parser.add_argument("--all", action="store_true", help="every provider that is on")

    arguments_of_enable = arguments_of_disable = arguments_of_show

    def do_list(self, output: Output, options: dict[str, Any]) -> None:
        states = {one.provider: one for one in board.states()}
        rows = []
        for one in sorted(overview(environ(), now=timezone.now()).values(), key=lambda one: one.name):
            if not one.enabled and not options["all"]:
                continue
            state = states.get(one.name)
            rows.append(
                {
                    "name": one.name,
                    "health": state.status if state else "unknown",
                    "status": one.status.word,
                    "reason": one.status.reason,
                    "tokens": one.tokens.armed,
                    "healthy_tokens": one.tokens.healthy,
                    "models": one.models,
                    "base_url": one.base_url,
                    "enabled": one.enabled,
                }
            )
        columns = {
            "name": "Provider",
            "health": "Health",
            "status": "Status",
            "healthy_tokens": "Healthy tokens",
            "tokens": "Tokens",
            "models": "Models",
            "base_url": "Address",
        }
        output.rows(columns, rows, empty="No provider is on. `providers list --all` shows every one.")

    def do_show(self, output: Output, options: dict[str, Any]) -> None:
        found = actions.find_provider(options["name"])
        now = timezone.now()
        seen = glance(found, environ(), now=now)
        vendor = all_vendors().get(found.vendor)
        over = overlay(found.name, vendor, environ()) if vendor else None
        state = next((one for one in board.states() if one.provider == found.name), None)
        week = next(iter(board.uptimes(since=now - timedelta(days=7), until=now, provider=found.name)), None)
        output.facts(
            {
                "name": found.name,
                "vendor": found.vendor,
                "status": seen.status.word,
                "reason": seen.status.reason,
                "health": state.status if state else "unknown",
                "health_since": state.since if state else None,
                "health_reason": state.reason if state else "",
                "uptime_7d": f"{week.share:.2%}" if week and week.share is not None else None,
                "dispatch": found.dispatch,
                "priority": found.priority,
                "weight": found.weight,
                "base_url": seen.base_url,
                "models": seen.models,
                "tokens_healthy": seen.tokens.healthy,
                "tokens_resting": seen.tokens.resting,
                "tokens_suspended": seen.tokens.suspended,
                "tokens_retired": seen.tokens.retired,
                "tokens_disabled": seen.tokens.disabled,
                "set_by_environment": sorted(over.variables.values()) if over else [],
            }
        )

    def do_config(self, output: Output, options: dict[str, Any]) -> None:
        found = actions.find_provider(options["name"])
        changes: dict[str, str] = {}
        for given in options["changes"]:
            field, sign, value = given.partition("=")
            if not sign:
                raise CommandError(f"{given}: write FIELD=VALUE.")
            changes[field.strip()] = value
        changed = actions.configure(found, changes, environ(), by="command line")
        said = f"{found.name}: changed {', '.join(changed)}." if changed else f"{found.name}: nothing to change."
        output.result({"name": found.name, "changed": changed}, said)

    def do_test(self, output: Output, options: dict[str, Any]) -> None:
        if options["all"]:
            on = {one.name for one in overview(environ(), now=timezone.now()).values() if one.enabled}
            chosen = list(Provider.objects.filter(name__in=on).order_by("name"))
        else:
            chosen = [actions.find_provider(name) for name in options["names"]]
        if not chosen:
            raise CommandError("Name a provider, or use --all.")
        rows = []
        with progress("Testing", len(chosen)) as moved:
            for one in chosen:
                rows += [{"provider": one.name, **outcome_row(found)} for found in actions.test(one)]
                moved()
        columns = {
            "provider": "Provider",
            "token": "Token",
            "result": "Result",
            "status": "HTTP",
            "latency_ms": "ms",
            "message": "Says",
        }
        output.rows(columns, rows, empty="There is no token to test.")
        if any(one["ok"] is False for one in rows):
            raise CommandError(f"{sum(one['ok'] is False for one in rows)} of {len(rows)} tests failed.")

    def do_enable(self, output: Output, options: dict[str, Any]) -> None:
        self._switch(output, options["name"], on=True)

    def do_disable(self, output: Output, options: dict[str, Any]) -> None:
        self._switch(output, options["name"], on=False)

    def _switch(self, output: Output, name: str, *, on: bool) -> None:
        found = actions.find_provider(name)
        changed = actions.configure(found, {"enabled": on}, environ(), by="command line")
        now = "on" if on else "off"
        text = f"{found.name} is {now}." if changed else f"{found.name} was {now} already."
        output.result({"name": found.name, "enabled": on, "changed": bool(changed)}, text)


def outcome_row(found: actions.TestOutcome) -> dict[str, Any]:
    word = {True: "ok", False: "failed", None: "cannot tell"}[found.ok]
    return {**found._asdict(), "result": word}
