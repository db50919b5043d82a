"""Marks say which minutes of the request log are to be summed anew. Whoever writes or changes log rows leaves them in
the same transaction, so that no sum misses a row, whatever dies when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connections
from django.db.backends.utils import CursorWrapper

from monitoring.models import RollupMark
from monitoring.rollups.grains import FAR, Grain

PAGE = 500
TABLE = RollupMark._meta.db_table


def mark(minutes: Iterable[int], *, using: str = "default") -> None:
    """``minutes``: since the epoch. To be called in the transaction that changes log rows of theirs."""
    with connections[using].cursor() as cursor:
        write(cursor, 1, minutes)


def write(cursor: CursorWrapper, unit: int, begins: Iterable[int]) -> None:
    values = ", ".join(f"({int(unit)}, {int(at)})" for at in set(begins))
    if values:
        cursor.execute(f'INSERT INTO "{TABLE}" ("unit", "at") VALUES {values}')


def take(cursor: CursorWrapper, grain: Grain, at: int) -> None:
    """Takes the marks of one stretch away. What is read of it afterwards, in this transaction, has all that they stood
    for: they were committed together with it."""
    cursor.execute(f'DELETE FROM "{TABLE}" WHERE "unit" = %s AND "at" = %s', [grain.unit, at])


def waiting(grain: Grain) -> Iterator[int]:
    """The marked stretches, the newest first, each once: one that is marked anew behind the reader waits for the next
    run, for the minute that it is now always is."""
    marks = RollupMark.objects.filter(unit=grain.unit).order_by("-at").values_list("at", flat=True).distinct()
    before = FAR
    while page := list(marks.filter(at__lt=before)[:PAGE]):
        yield from page
        before = page[-1]


def any_before(minute: int) -> bool:
    return RollupMark.objects.filter(at__lt=minute).exists()
