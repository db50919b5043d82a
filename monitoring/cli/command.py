"""The base of commands with parts: ``providers list``, ``tokens add`` …"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.progress import Progress

from monitoring.access import Viewer
from monitoring.cli.output import Output
from providers.actions import ActionRefused
from providers.errors import SwitchboardError

OPERATOR = Viewer(teams=None, name="command line")  # whoever may run this may read the database


class PartsCommand(BaseCommand):
    """Each method named in ``parts`` is one, and takes the output and the options."""

    requires_system_checks: list[str] = []
    parts: dict[str, str] = {}  # name → what it does

    def add_arguments(self, parser: ArgumentParser) -> None:
        among = parser.add_subparsers(dest="part", required=True, metavar="COMMAND", parser_class=ArgumentParser)
        for name, text in self.parts.items():
            part = among.add_parser(name, help=text, description=text)
            part.add_argument("--json", action="store_true", help="as JSON, for programs")
            fill: Callable[[ArgumentParser], None] | None = getattr(self, f"arguments_of_{name}", None)
            if fill is not None:
                fill(part)

    def handle(self, *args: Any, **options: Any) -> None:
        output = output_of(self, options)
        with told_plainly():
            getattr(self, name_of(options["part"]))(output, options)


def output_of(command: BaseCommand, options: dict[str, Any]) -> Output:
    stream: Any = command.stdout  # Django's wrapper adds a line's end to each write
    return Output(stream._out, as_json=options["json"])


def name_of(part: str) -> str:
    return f"do_{part}"


@contextmanager
def told_plainly() -> Iterator[None]:
    """Refusals as one line on stderr and exit code 1."""
    try:
        yield
    except ActionRefused as error:
        raise CommandError(f"{error.param}: {error.message}" if error.param else error.message) from None
    except SwitchboardError as error:
        raise CommandError(error.message) from None
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}. Was Switchboard started before?") from None
    except BrokenPipeError:
        sys.stderr.close()  # what reads our output has seen enough
    except KeyboardInterrupt:
        raise CommandError("Stopped.", returncode=130) from None


@contextmanager
def progress(text: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr, where that is a terminal; calling what is given moves it on by one."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(text, total=total)
        yield lambda: bar.advance(task)
