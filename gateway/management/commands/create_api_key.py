"""``manage.py create_api_key NAME``: prints a new key and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from gateway.models import ApiKey, Scope, Team


class Command(BaseCommand):
    help = "Makes an API key and prints it, and nothing else. It is shown only this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--team", default="", help="the name of a team that exists")
        parser.add_argument(
            "--scopes", default=Scope.INFERENCE.value, help=f"comma-separated: {', '.join(Scope.values)}"
        )
        parser.add_argument("--models", default="", help="comma-separated names or patterns it may call, as gpt-*")
        parser.add_argument(
            "--expires", default="", help="days from now (30d), a date or a time with its offset; UTC if none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _, secret = ApiKey.issue(
                options["name"],
                team=team_named(options["team"]),
                scopes=words_of(options["scopes"]),
                allowed_models=words_of(options["models"]),
                expires_at=expiry(options["expires"], now=timezone.now()),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except DatabaseError as error:
            raise CommandError(f"the key could not be stored: {error}. Was manage.py up run before?") from None
        self.stdout.write(secret)


def expiry(text: str, *, now: datetime) -> datetime | None:
    """``30d``, ``2027-01-31`` (until that day begins, UTC) or an ISO time; ``None`` for "". Raises ``CommandError``."""
    if not text:
        return None
    try:
        moment = _moment(text, now)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise CommandError(f"--expires {text}: write 30d, 2027-01-31 or 2027-01-31T12:00:00Z.")
    if moment <= now:
        raise CommandError(f"--expires {text}: that time has passed.")
    return moment


def _moment(text: str, now: datetime) -> datetime | None:
    if text.endswith("d") and text[:-1].isdecimal():
        return now + timedelta(days=int(text[:-1]))
    if day := parse_date(text):
        return datetime.combine(day, time(), UTC)
    moment = parse_datetime(text)
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def team_named(name: str) -> Team | None:
    if not name:
        return None
    found: Team | None = Team.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"--team {name}: there is no such team.")
    return found


def words_of(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
