"""Theirs beside ours: one line for each day, key and model. Counts and costs stand side by side where the vendor tells
both as finely; else costs have lines of their own, since usage often comes by key and model and costs by day alone.

A line's key or model is "" where all of them are together, ``ALL`` in a line of costs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from monitoring.books.matching import Keys, same_models
from monitoring.books.ours import Ours
from monitoring.books.theirs import Group, Theirs
from providers.pricing.money import NANO

ALL = "(all)"
COUNTS = ("requests", "input", "output")
LARGEST = 2**63 - 1
HALF_CENT = NANO // 200


class Place(NamedTuple):
    day: date
    token: str
    model: str


@dataclass(slots=True)
class Line:
    """Money in nano-dollars. Theirs is ``None`` where the export does not tell it in this line."""

    place: Place
    theirs_requests: int | None = None
    theirs_input: int | None = None
    theirs_output: int | None = None
    theirs_nano: int | None = None
    ours_requests: int = 0
    ours_input: int = 0
    ours_output: int = 0
    ours_nano: int = 0
    ours_unknown: int = 0

    def add(self, name: str, amount: int) -> None:
        setattr(self, name, min((getattr(self, name) or 0) + amount, LARGEST))


class Grain(NamedTuple):
    """Whether one side of an export, its counts or its costs, comes by model and by key."""

    models: bool
    keys: bool

    @classmethod
    def of(cls, groups: Iterable[Group], keys: Keys) -> Grain:
        found = list(groups)
        return cls(any(one.model for one in found), keys.split and any(one.key for one in found))

    def place(self, day: date, token: str, model: str, *, whole: str = "") -> Place:
        return Place(day, token if self.keys else whole, model if self.models else whole)


class Compared(NamedTuple):
    """``rounding``: nano-dollars by which the costs of a line may differ because the vendor rounds to cents."""

    lines: Sequence[Line]
    rounding: int
    totals: Mapping[str, int | None]


class Comparison:
    def __init__(self, theirs: Theirs, keys: Keys, ours: Iterable[Ours]) -> None:
        self._theirs, self._keys, self._ours = theirs, keys, list(ours)
        counts, costs = Grain.of(theirs.counts, keys), Grain.of(theirs.costs, keys)
        self._apart = bool(theirs.counts) and bool(theirs.costs) and counts != costs
        self._counts = counts if theirs.counts else costs
        self._costs = costs if self._apart else self._counts
        self._names = same_models(
            {one.model for one in theirs.counts}, {one.model for one in theirs.costs}, {one.model for one in self._ours}
        )
        self._lines: dict[Place, Line] = {}

    def made(self) -> Compared:
        rounding = self._add_theirs()
        for row in self._ours:
            token, model = self._keys.of_ours(row.token), self._names.get(row.model, row.model)
            line = self._count_line(row.day, token, model)
            for name in COUNTS:
                line.add(f"ours_{name}", getattr(row, name))
            line = self._cost_line(row.day, token, model)
            line.add("ours_nano", row.cost_nano)
            line.add("ours_unknown", row.unknown)
        return Compared(list(self._lines.values()), rounding, self._totals())

    def _add_theirs(self) -> int:
        theirs = self._theirs
        for group, counts in theirs.counts.items():
            line = self._count_line(*self._where(group))
            for name in self._told():
                line.add(f"theirs_{name}", getattr(counts, name))
        rows: dict[Place, int] = {}
        for group, costs in theirs.costs.items():
            line = self._cost_line(*self._where(group))
            line.add("theirs_nano", int((costs.usd * NANO).to_integral_value()))
            rows[line.place] = rows.get(line.place, 0) + costs.rows
        return HALF_CENT * max(rows.values(), default=0) if theirs.cents else 0

    def _where(self, group: Group) -> tuple[date, str, str]:
        return group.day, self._keys.of_theirs(group.key), self._names.get(group.model, group.model)

    def _told(self) -> list[str]:
        return [name for name in COUNTS if name in self._theirs.tells] if self._theirs.counts else []

    def _count_line(self, day: date, token: str, model: str) -> Line:
        return self._line(self._counts.place(day, token, model), self._begun)

    def _cost_line(self, day: date, token: str, model: str) -> Line:
        if not self._apart:
            return self._count_line(day, token, model)
        return self._line(self._costs.place(day, token, model, whole=ALL), lambda line: line.add("theirs_nano", 0))

    def _begun(self, line: Line) -> None:
        """What only we have stands beside zeros, not beside nothing, where the vendor would have told it."""
        for name in self._told():
            line.add(f"theirs_{name}", 0)
        if self._theirs.costs and not self._apart:
            line.add("theirs_nano", 0)

    def _line(self, place: Place, begin: Callable[[Line], None]) -> Line:
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = Line(place)
            begin(line)
        return line

    def _totals(self) -> dict[str, int | None]:
        """Over everything, each thing once. What the export does not tell is ``None``."""
        theirs = self._theirs
        told: dict[str, int | None] = {
            f"theirs_{name}": sum(getattr(one, name) for one in theirs.counts.values())
            if name in self._told()
            else None
            for name in COUNTS
        }
        costs = sum(int((one.usd * NANO).to_integral_value()) for one in theirs.costs.values())
        told["theirs_nano"] = costs if theirs.costs else None
        names = {
            "requests": "requests",
            "input": "input",
            "output": "output",
            "nano": "cost_nano",
            "unknown": "unknown",
        }
        return told | {f"ours_{name}": sum(getattr(row, field) for row in self._ours) for name, field in names.items()}
