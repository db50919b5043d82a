"""The rounds: each system in turn, started afresh, warmed, loaded, checked and stopped, then the next; then again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks import load, open_streams
from tests.benchmarks.figures import Cell, Check, Run
from tests.benchmarks.peers import say
from tests.benchmarks.processes import NotStarted, Server
from tests.benchmarks.systems import Place, System, Upstream

WARM_UP_IN_FLIGHT = 16
WARM_UP_SECONDS = 1
REST_SECONDS = 30
ENOUGH = 2  # answers for each one in flight, or the load runs again for longer


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``longest``: seconds for a system that answers too few in ``seconds``; ``held``: streams held open, or 0."""

    rounds: int
    seconds: int
    longest: int
    in_flight: tuple[int, ...]
    held: int


class Turn:
    """One system's turn in one round."""

    def __init__(self, system: System, *, place: Place, plan: Plan, number: int, run: Run) -> None:
        self._system, self._place, self._plan, self._number, self._run = system, place, plan, number, run
        self._answered = self._cut_off = 0

    def take(self) -> None:
        """Measures into the run. What fails is noted there and ends the turn; the next system has its own."""
        say(f"round {self._number + 1} of {self._plan.rounds}: {self._system.name}")
        alone = self._system.server is None
        try:
            server = self._system.start(self._place) if alone else self._system.server
            assert server is not None
            self._hold(server)
            self._load(server)
            self._check()
        except (NotStarted, load.LoadFailed) as error:
            self._run.faults.append(f"{self._system.name}, round {self._number + 1}: {error}")
        finally:
            if alone:
                self._system.stop()

    def _load(self, server: Server) -> None:
        for kind in load.KINDS:
            self._warm_up(server, kind)
            for in_flight in self._plan.in_flight:
                cell = self._measure(server, kind, in_flight, self._plan.seconds)
                if cell.result.answers < ENOUGH * in_flight and self._plan.longest > self._plan.seconds:
                    cell = self._measure(server, kind, in_flight, self._plan.longest)
                self._run.cells.append(cell)
                if cell.result.faults:
                    self._run.faults.append(_faults(cell))

    def _warm_up(self, server: Server, kind: load.Kind) -> None:
        """The first answers of some take seconds: until there are any."""
        for seconds in (WARM_UP_SECONDS, self._plan.longest):
            if self._send(kind, WARM_UP_IN_FLIGHT, seconds).answers:
                break
        server.wait_until_idle(seconds=REST_SECONDS)

    def _measure(self, server: Server, kind: load.Kind, in_flight: int, seconds: int) -> Cell:
        before = server.use()
        result = self._send(kind, in_flight, seconds)
        after = server.use()
        server.wait_until_idle(seconds=REST_SECONDS)
        return Cell(
            round=self._number,
            system=self._system.name,
            kind=kind.name,
            in_flight=in_flight,
            result=result,
            cpu=after.cpu - before.cpu,
            memory=after.memory,
        )

    def _send(self, kind: load.Kind, in_flight: int, seconds: int) -> load.Result:
        system = self._system
        result = load.run(
            system.chat_url,
            headers=system.headers(self._place),
            body=kind.body(system.model),
            kind=kind,
            in_flight=in_flight,
            seconds=seconds,
        )
        self._answered += result.answers
        self._cut_off += in_flight
        system.settle(self._answered)
        return result

    def _hold(self, server: Server) -> None:
        """Before the load: memory that a load has left behind would hide what the streams take."""
        if not self._plan.held or not self._system.holds_many:
            return
        for kind in load.KINDS:
            self._warm_up(server, kind)
        held = open_streams.hold(
            self._system.chat_url,
            headers=self._system.headers(self._place),
            body=load.STREAMS.body(self._system.slow_model),
            server=server,
            count=self._plan.held,
        )
        self._run.held.setdefault(self._system.name, []).append(held)
        self._answered += held.whole
        self._cut_off += held.asked - held.whole
        self._system.settle(self._answered)

    def _check(self) -> None:
        log = self._system.log()
        if log is not None:
            check = Check(
                round=self._number,
                system=self._system.name,
                answered=self._answered,
                cut_off=self._cut_off,
                log=log,
            )
            self._run.checks.append(check)


def measure(systems: Sequence[System], *, upstream: Upstream, place: Place, plan: Plan, run: Run) -> None:
    """Fills ``run``. The upstream is running; it has a turn of its own in each round, for comparison."""
    for number in range(plan.rounds):
        for system in (upstream, *systems):
            Turn(system, place=place, plan=plan, number=number, run=run).take()


def _faults(cell: Cell) -> str:
    seen = cell.result
    where = f"{cell.system}, round {cell.round + 1}, {cell.kind}, {cell.in_flight} in flight"
    return f"{where}: {seen.wrong} wrong answers, {seen.broken} broken connections, {seen.late} late, of {seen.answers}"
