"""The figures of a run: one cell a system, kind and number in flight in each round, and their medians."""

from __future__ import annotations

from statistics import median

import msgspec

from tests.benchmarks import load
from tests.benchmarks.machine import Facts
from tests.benchmarks.open_streams import Held
from tests.benchmarks.systems import LogCheck


class Cell(msgspec.Struct, frozen=True):
    """One load on one system. ``cpu``: seconds that the system's processes used, the work left over after the last
    answer included; ``memory``: bytes resident after it."""

    round: int
    system: str
    kind: str
    in_flight: int
    result: load.Result
    cpu: float
    memory: int

    @property
    def cpu_ms(self) -> float:
        return self.cpu * 1000 / max(self.result.answers, 1)


class Check(msgspec.Struct, frozen=True):
    """A system's log after a round. ``answered`` were counted by the load; up to ``cut_off`` more were being answered
    when a load ended, and may have ended well too."""

    round: int
    system: str
    answered: int
    cut_off: int
    log: LogCheck

    @property
    def is_complete(self) -> bool:
        return self.answered <= self.log.rows <= self.answered + self.cut_off


class Run(msgspec.Struct):
    """Everything that was measured. ``skipped``: system → why it was not, or what went wrong in a round."""

    started_at: str
    machine: Facts
    rounds: int
    seconds: int
    pinning: str
    versions: dict[str, str] = {}
    cells: list[Cell] = []
    held: dict[str, list[Held]] = {}
    checks: list[Check] = []
    skipped: dict[str, str] = {}
    faults: list[str] = []


class Row(msgspec.Struct, frozen=True):
    """The medians of a system over the rounds, for one kind and number in flight. Latencies in milliseconds, memory
    in MB. ``ratios``: answers per second over those of the named system in the same round."""

    kind: str
    in_flight: int
    system: str
    per_second: float
    p50: float
    p99: float
    cpu_ms: float
    memory: float
    ratios: dict[str, float]


def rows(run: Run, *, against: tuple[str, ...]) -> list[Row]:
    """In the order in which they were measured first, grouped by kind and number in flight."""
    groups = dict.fromkeys((cell.kind, cell.in_flight) for cell in run.cells)
    systems = dict.fromkeys(cell.system for cell in run.cells)
    found = []
    for kind, in_flight in groups:
        cells = [cell for cell in run.cells if (cell.kind, cell.in_flight) == (kind, in_flight)]
        found += [_row([cell for cell in cells if cell.system == name], cells, against) for name in systems]
    return [row for row in found if row is not None]


def added_latency(table: list[Row], *, upstream: str) -> dict[str, dict[str, float]]:
    """Milliseconds at p50 that each system adds to the upstream's own, one in flight: kind → system → ms."""
    lone = [row for row in table if row.in_flight == 1 and row.per_second]
    direct = {row.kind: row.p50 for row in lone if row.system == upstream}
    added: dict[str, dict[str, float]] = {kind: {} for kind in direct}
    for row in lone:
        if row.kind in direct and row.system != upstream:
            added[row.kind][row.system] = row.p50 - direct[row.kind]
    return added


def _row(own: list[Cell], group: list[Cell], against: tuple[str, ...]) -> Row | None:
    if not own:
        return None
    answered = [cell for cell in own if cell.result.answers]  # without an answer there is no latency
    ratios = {name: _ratio(own, group, name) for name in against}
    return Row(
        kind=own[0].kind,
        in_flight=own[0].in_flight,
        system=own[0].system,
        per_second=median(cell.result.per_second for cell in own),
        p50=median([cell.result.p50 / 1000 for cell in answered] or [0.0]),
        p99=median([cell.result.p99 / 1000 for cell in answered] or [0.0]),
        cpu_ms=median([cell.cpu_ms for cell in answered] or [0.0]),
        memory=median(cell.memory for cell in own) / 2**20,
        ratios={name: ratio for name, ratio in ratios.items() if ratio is not None},
    )


def _ratio(own: list[Cell], group: list[Cell], name: str) -> float | None:
    """The median of the rounds' ratios: what slows a round down slows both sides of its ratio."""
    theirs = {cell.round: cell.result.per_second for cell in group if cell.system == name}
    found = [cell.result.per_second / theirs[cell.round] for cell in own if theirs.get(cell.round)]
    return median(found) if found else None
