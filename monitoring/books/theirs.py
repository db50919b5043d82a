"""What a vendor's export says, summed by day, key and model."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from typing import BinaryIO, NamedTuple

from monitoring.books import export_values
from monitoring.books.export_rows import HEAD_ROWS, Found, Table, Unreadable, table
from monitoring.books.export_shapes import Shape, UnknownShape, fold, shape_for

MOST_GROUPS = 200_000
MOST_PROBLEMS = 20  # that are kept in words
BREATH = 1000  # rows read at a stretch, before other threads get a turn
NO_MODEL, NO_KEY = "", ""
CENT = Decimal("0.01")


class Group(NamedTuple):
    day: date
    key: str
    model: str


@dataclass(slots=True)
class Counts:
    requests: int = 0
    input: int = 0
    output: int = 0


@dataclass(slots=True)
class Costs:
    usd: Decimal = Decimal(0)
    rows: int = 0


@dataclass(slots=True)
class Theirs:
    """``tells``: which of requests, input, output and cost the export has at all. ``cents``: no cost in it is finer, so
    each may be half a cent off."""

    counts: dict[Group, Counts] = field(default_factory=dict)
    costs: dict[Group, Costs] = field(default_factory=dict)
    tells: set[str] = field(default_factory=set)
    rows: int = 0
    unread: int = 0
    problems: list[str] = field(default_factory=list)
    cents: bool = True

    def days(self) -> set[date]:
        return {group.day for groups in (self.counts, self.costs) for group in groups}

    def keys(self) -> set[str]:
        return {group.key for groups in (self.counts, self.costs) for group in groups} - {NO_KEY}

    def missed(self, where: str, why: str) -> None:
        self.unread += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"{where}: {why}.")


class Days(NamedTuple):
    """The first and the last day that count; ``None`` for no limit."""

    since: date | None = None
    until: date | None = None

    def include(self, day: date) -> bool:
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


def read(
    files: Iterable[tuple[str, BinaryIO]], kind: str, mapping: Mapping[str, str], *, days: Days = Days()
) -> Theirs:
    """All files together: usage and costs are two exports at most vendors. Raises ``Unreadable`` or ``UnknownShape``,
    naming the file."""
    theirs = Theirs()
    for name, file in files:
        try:
            found = table(file)
            with closing(found.rows):
                _read(theirs, name, found, kind, mapping, days)
        except (Unreadable, UnknownShape) as error:
            raise type(error)(f"{name}: {error}") from None
    return theirs


def _read(theirs: Theirs, name: str, found: Table, kind: str, mapping: Mapping[str, str], days: Days) -> None:
    shape, rows = _shaped(found, kind, mapping)
    theirs.tells |= shape.tells & _present(shape, rows.columns)
    for number, row in enumerate(rows.rows, 1):
        if number % BREATH == 0:
            time.sleep(0.0005)
        where = f"{name}, {'line' if found.headed else 'row'} {row.number}"
        if row.problem:
            theirs.missed(where, row.problem)
            continue
        try:
            _add(theirs, shape, row.cells, comma=found.comma, days=days)
        except ValueError as error:
            theirs.missed(where, str(error))
        if len(theirs.counts) + len(theirs.costs) > MOST_GROUPS:
            raise Unreadable(f"More than {MOST_GROUPS:,} days, keys and models: export a shorter time.")


class _Rows(NamedTuple):
    columns: frozenset[str]
    rows: Iterator[Found]


def _shaped(found: Table, kind: str, mapping: Mapping[str, str]) -> tuple[Shape, _Rows]:
    """The shape of the file, and its rows below the head. A title may stand above it."""
    first: UnknownShape | None = None
    for _, row in zip(range(HEAD_ROWS if found.headed else 1), _readable(found), strict=False):
        columns = [fold(cell) for cell in row.cells.values()] if found.headed else list(row.cells)
        try:
            shape = shape_for(kind, columns, mapping)
        except UnknownShape as error:
            first = first or error
            continue
        rows = _named(found.rows, columns) if found.headed else _again(row, found.rows)
        return shape, _Rows(frozenset(columns), rows)
    raise first or Unreadable("There is no row in it.")


def _readable(found: Table) -> Iterator[Found]:
    return (row for row in found.rows if not row.problem)


def _named(rows: Iterator[Found], columns: list[str]) -> Iterator[Found]:
    for row in rows:
        yield Found(row.number, dict(zip(columns, row.cells.values(), strict=False)), row.problem)


def _again(first: Found, rows: Iterator[Found]) -> Iterator[Found]:
    yield first
    yield from rows


def _present(shape: Shape, columns: frozenset[str]) -> set[str]:
    """Measures whose column is there; ``1`` stands for itself."""
    have = columns | {"1"}
    return {name for name in ("requests", "input", "output", "cost") if have & set(getattr(shape, name))}


def _add(theirs: Theirs, shape: Shape, cells: Mapping[str, str], *, comma: bool, days: Days) -> None:
    """Raises ``ValueError`` for a row that cannot be read. One without any figure is a day without calls."""
    told = {name: _cells(cells, getattr(shape, name)) for name in ("requests", "input", "output", "cost")}
    if not any(told.values()) and shape.requests != ("1",):
        return
    theirs.rows += 1
    currency = _first(cells, shape.currency)
    if currency and currency.lower() != "usd":
        raise ValueError(f"its currency is {currency[:10]!r}, not US dollars")
    day = export_values.day(_first(cells, shape.day), shape.day_format)
    numbers = [sum(export_values.count(text, comma=comma) for text in told[name]) for name in ("input", "output")]
    requests = 1 if shape.requests == ("1",) else sum(export_values.count(one, comma=comma) for one in told["requests"])
    costs = [export_values.usd(text, shape.unit, comma=comma) for text in told["cost"]]
    if not days.include(day):
        return
    group = Group(day, _text(_first(cells, shape.key), 120), _model(shape, cells))
    if shape.tells - {"cost"}:
        mine = theirs.counts.setdefault(group, Counts())
        mine.requests, mine.input = mine.requests + requests, mine.input + numbers[0]
        mine.output += numbers[1]
    if costs:
        _add_costs(theirs, group, costs)


def _add_costs(theirs: Theirs, group: Group, costs: list[Decimal]) -> None:
    mine = theirs.costs.setdefault(group, Costs())
    with localcontext() as context:
        context.prec = 60
        mine.usd += sum(costs, Decimal(0))
    mine.rows += len(costs)
    theirs.cents = theirs.cents and all(one == one.quantize(CENT) for one in costs)


def _cells(cells: Mapping[str, str], names: Iterable[str]) -> list[str]:
    return [text for name in names if (text := cells.get(name, "").strip())]


def _first(cells: Mapping[str, str], names: Iterable[str]) -> str:
    return next(iter(_cells(cells, names)), "")


def _model(shape: Shape, cells: Mapping[str, str]) -> str:
    model, variant = shape.model_of(_first(cells, shape.model)), _first(cells, shape.variant)
    if variant and variant != "standard" and ":" not in model:
        model = f"{model}:{variant}"
    return _text(model, 250)


def _text(text: str, limit: int) -> str:
    return text.replace("\0", "").strip()[:limit]
