"""Spans of time as people type them: ``45m``, ``6h``, ``7d``, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from django.core.management.base import CommandError
from django.utils.dateparse import parse_date, parse_datetime

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, *, now: datetime) -> datetime:
    """Raises ``CommandError``."""
    try:
        if found := re.fullmatch(r"(\d{1,6})([mhdw])", text):
            return now - timedelta(**{UNITS[found[2]]: int(found[1])})
        if day := parse_date(text):
            return datetime.combine(day, time(), UTC)
        moment = parse_datetime(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise CommandError(f"{text}: write 45m, 6h, 7d, 2027-01-31 or 2027-01-31T12:00.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
