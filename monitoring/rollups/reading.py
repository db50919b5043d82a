"""Questions to the rollups as SQL: which tables and level, which rows a viewer may see, summed by what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from monitoring.access import Viewer
from monitoring.rollups import levels
from monitoring.rollups.bins import quantiles
from monitoring.rollups.building import sums
from monitoring.rollups.columns import ATTEMPT_COUNTS, ATTEMPT_SUMS, COUNTS, FIRST_BYTE, LATENCY, SUMS
from monitoring.rollups.spans import Piece, Steps
from monitoring.rollups.state import IN_MEMORY

Where = list[tuple[str, list[Any]]]  # columns and the values they may have
Values = Sequence[Any]
_PLAIN, _ATTEMPTS_PLAIN = [*COUNTS, *SUMS], [*ATTEMPT_COUNTS, *ATTEMPT_SUMS]
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Term:
    """What rows are grouped by: an expression of ``column``."""

    column: str
    sql: str


def each(column: str) -> Term:
    return Term(column, column)


def step(steps: Steps) -> Term:
    """When the step that a row is in begins."""
    origin, length = int(steps.origin), int(steps.step)
    return Term("at", f"(at - ({origin})) / {length} * {length} + ({origin})")


class Wanted(Protocol):
    """``figures.Only``"""

    @property
    def teams(self) -> Sequence[int]: ...
    @property
    def api_keys(self) -> Sequence[int]: ...
    @property
    def providers(self) -> Sequence[str]: ...
    @property
    def models(self) -> Sequence[str]: ...


def where(viewer: Viewer, only: Wanted) -> Where:
    """What the viewer may see, of that what is wanted. A viewer with teams never gets what belongs to none."""
    found: Where = []
    if viewer.teams is not None:
        found.append(("team_id", sorted(team for team in viewer.teams if team)))
    for column, wanted in (
        ("team_id", only.teams),
        ("api_key_id", only.api_keys),
        ("provider", only.providers),
        ("model", only.models),
    ):
        found += one_of(column, wanted)
    return found


def one_of(column: str, wanted: Sequence[Any]) -> Where:
    """The condition that the column has one of these values; none where there are none."""
    return [(column, [value for value in wanted if _may_be_there(value)])] if wanted else []


def _may_be_there(value: int | str) -> bool:
    """What no column can hold is no row's, and the databases would refuse the question."""
    if isinstance(value, str):
        return "\0" not in value and value.encode(errors="replace").decode() == value
    return -_LARGEST <= value < _LARGEST


def read(
    pieces: Sequence[Piece],
    conditions: Where,
    figures: Sequence[str],
    *,
    by: Sequence[Term] = (),
    of_attempts: bool = False,
    tail: str = "",
) -> list[tuple[Any, ...]]:
    """The sums of ``figures`` over the rows that meet the conditions; grouped ``by`` the terms, which come first in
    each row. Without rows: nothing, or ``NULL`` for each sum."""
    if not pieces or any(not values for _, values in conditions):
        return []
    parameters: list[Any] = []
    columns = [*dict.fromkeys(term.column for term in by), *figures]
    apart = {column for column, _ in conditions} | {term.column for term in by} - {"at"}
    sources = []
    for piece in pieces:
        table = piece.grain.attempts if of_attempts else piece.grain.table
        asked = [] if of_attempts else [f"level = {levels.level_of(apart)}"]
        asked += ["at >= %s", "at < %s", *(f"{column} IN ({_places(values)})" for column, values in conditions)]
        sources.append(f'SELECT {", ".join(columns)} FROM "{table}" WHERE {" AND ".join(asked)}')
        parameters += [piece.since, piece.until, *(value for _, values in conditions for value in values)]
    selected = ", ".join([*(term.sql for term in by), sums(figures)])
    grouped = f" GROUP BY {', '.join(str(place) for place in range(1, len(by) + 1))}" if by else ""
    with _cursor() as cursor:
        cursor.execute(f"SELECT {selected} FROM ({' UNION ALL '.join(sources)}) r{grouped}{tail}", parameters)
        return list(cursor.fetchall())


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(IN_MEMORY)
        yield cursor


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def without(whole: Values, parts: Iterable[Values]) -> list[int]:
    """Sums of all rows without those of some. The rollups may have changed between the questions: never less than 0."""
    left = [int(value or 0) for value in whole]
    for part in parts:
        left = [value - int(one or 0) for value, one in zip(left, part, strict=True)]
    return [max(0, value) for value in left]


def figures_of(values: Values) -> dict[str, Any]:
    """The fields of ``figures.Figures`` from the sums of ``columns.FIGURES``."""
    count, edge = len(_PLAIN), len(_PLAIN) + len(LATENCY)
    fields: dict[str, Any] = _plain(_PLAIN, values)
    latency, first_byte = values[count:edge], values[edge : edge + len(FIRST_BYTE)]
    written, writing_us = fields.pop("written"), fields.pop("writing_us")
    fields["p50_ms"], fields["p95_ms"], fields["p99_ms"] = quantiles(latency, (50, 95, 99))
    fields["first_byte_p50_ms"], fields["first_byte_p95_ms"] = quantiles(first_byte, (50, 95))
    fields["per_second"] = written * 1e6 / writing_us if writing_us else None
    return fields


def attempts_of(values: Values) -> dict[str, Any]:
    """The fields of ``figures.Attempts`` from the sums of ``columns.ATTEMPT_FIGURES``."""
    fields: dict[str, Any] = _plain(_ATTEMPTS_PLAIN, values)
    fields["p50_ms"], fields["p95_ms"] = quantiles(values[len(_ATTEMPTS_PLAIN) :], (50, 95))
    return fields


def _plain(names: Sequence[str], values: Values) -> dict[str, int]:
    return {name: int(value or 0) for name, value in zip(names, values, strict=False)}
