"""Log rows made by hand need their day's partition on PostgreSQL, which the log writer makes for its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from monitoring import partitions


def make_days(moments: Iterable[datetime]) -> None:
    if connection.vendor == "postgresql":
        partitions.make({moment.date() for moment in moments}, connection=connection)
