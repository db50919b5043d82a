"""``switchboard chat``: talk to a model through a running Switchboard."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from gateway import passes
from gateway.models import ApiKey, Scope
from monitoring.cli.chatting import Chat
from monitoring.cli.client import CallFailed, Client
from monitoring.cli.command import told_plainly

VARIABLE = "SWITCHBOARD_API_KEY"


class Command(BaseCommand):
    help = (
        f"Talk to a model through a running Switchboard, as the API key in {VARIABLE}, or as one of this "
        "installation's keys (--key NAME), whose secret is not needed here."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", nargs="?", default="", help="without it, the first that the key may call")
        parser.add_argument("--key", default="", help="the name of an API key of this installation")
        parser.add_argument("--url", default="", help="where Switchboard is; without it, HOST and PORT of this one")

    def handle(self, *args: Any, **options: Any) -> None:
        host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST
        url = options["url"] or f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"
        console = Console(file=sys.stdout, highlight=False)
        try:
            import readline  # noqa: F401  (input() then has a history and can be edited)
        except ImportError:
            pass
        with told_plainly():
            try:
                Chat(Client(url, secret_of(options["key"])), console, input, model=options["model"]).run()
            except CallFailed as error:
                raise CommandError(str(error)) from None


def secret_of(name: str) -> Callable[[], str]:
    given = os.environ.get(VARIABLE, "")
    if given and not name:
        return lambda: given
    keys = ApiKey.objects.filter(enabled=True).order_by("pk")
    key = keys.filter(name=name).first() if name else next((one for one in keys if Scope.INFERENCE in one.scopes), None)
    if key is None:
        missing = f"There is no enabled API key named {name}." if name else "There is no API key yet."
        raise CommandError(f"{missing} `switchboard keys create NAME` makes one.")
    return lambda: passes.issue(key.pk, "command line")
