"""The gates of one process: how many calls may be in flight in all, for one API key and at one provider.

Every process counts its own: with N processes N times as many calls may be in flight.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakValueDictionary

from gateway.errors import Overloaded, TooManyParallel
from gateway.policy.gate import Gate, Priority, Tally
from providers.errors import SwitchboardError

KEY_SHARE = 4  # one key may fill a quarter of a queue's length, and that in a queue of its own


class GateRules(NamedTuple):
    """``queue``: calls that may wait before the process, or before one provider. ``patience``: seconds they do."""

    process_limit: int | None = None
    queue: int = 200
    patience: float = 5.0


class GateCount(NamedTuple):
    """One gate as a page shows it. ``kind``: process, key or provider; ``refused`` is since the gate was made."""

    kind: str
    id: int
    name: str
    limit: int | None
    in_flight: int
    waiting: int
    refused: int


class Ticket:
    """A call's slots, for as long as it is in flight."""

    __slots__ = ("_gates",)

    def __init__(self, *gates: Gate) -> None:
        self._gates = gates

    def leave(self) -> None:
        """Gives the slots back. Doing it again changes nothing."""
        gates, self._gates = self._gates, ()
        for gate in gates:
            gate.leave()


class Family:
    """The gates of one kind, by id: made when first asked for, gone when nobody is inside, waits or holds one."""

    def __init__(
        self, error: type[SwitchboardError], *, queue: int, patience: float, clock: Callable[[], float]
    ) -> None:
        self.error = error
        self.queue = queue
        self.patience = patience
        self.tally = Tally()
        self._clock = clock
        self._gates: WeakValueDictionary[int, Gate] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._gates)

    def gate(self, gate_id: int, *, limit: int | None, name: str) -> Gate:
        """The gate of that id, with the limit that is given now."""
        gate = self._gates.get(gate_id)
        if gate is None:
            gate = self._gates[gate_id] = Gate(
                limit,
                queue=self.queue,
                patience=self.patience,
                name=name,
                error=self.error,
                tally=self.tally,
                clock=self._clock,
            )
        elif gate.limit != limit:
            gate.resize(limit, queue=self.queue, patience=self.patience)
        return gate

    def unlimit(self, gate_id: int) -> None:
        """Lets in who still waits under a limit that is gone."""
        gate = self._gates.get(gate_id)
        if gate is not None and gate.limit is not None:
            gate.resize(None, queue=self.queue, patience=self.patience)

    def resize(self, *, queue: int, patience: float) -> None:
        self.queue, self.patience = queue, patience
        for gate in list(self._gates.values()):
            gate.resize(gate.limit, queue=queue, patience=patience)

    def counts(self, kind: str) -> list[GateCount]:
        """May be asked from any thread."""
        found = [counted(gate, kind, ref.key) for ref in self._gates.valuerefs() if (gate := ref())]
        return sorted((one for one in found if one.in_flight or one.waiting), key=lambda one: one.id)


class Gates:
    """All gates of the process. ``clock`` gives monotonic seconds."""

    def __init__(self, rules: GateRules | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules = rules or GateRules()
        self._clock = clock
        self._tally = Tally()
        queue, patience = rules.queue, rules.patience
        self.process = Gate(rules.process_limit, queue=queue, patience=patience, tally=self._tally, clock=clock)
        self._keys = Family(TooManyParallel, queue=_share(queue), patience=patience, clock=clock)
        self._providers = Family(Overloaded, queue=queue, patience=patience, clock=clock)

    def configure(self, rules: GateRules) -> None:
        """Takes new rules over; who is inside or waits stays. Call it on the loop."""
        if rules == self.rules:
            return
        self.rules = rules
        self.process.resize(rules.process_limit, queue=rules.queue, patience=rules.patience)
        self._keys.resize(queue=_share(rules.queue), patience=rules.patience)
        self._providers.resize(queue=rules.queue, patience=rules.patience)

    def key(self, key_id: int, *, limit: int | None) -> Gate:
        return self._keys.gate(key_id, limit=limit, name="This API key")

    def provider(self, provider_id: int, *, limit: int | None, name: str = "") -> Gate:
        """``name`` is what the message of a refusal calls it."""
        return self._providers.gate(provider_id, limit=limit, name=name or f"Provider {provider_id}")

    def enter_now(self, key_id: int, *, limit: int | None) -> Ticket | None:
        """A place in flight for a call of that key, whose own limit is ``limit``; ``None`` if it has to wait."""
        process = self.process
        if limit is None:
            if self._keys:
                self._keys.unlimit(key_id)
            return Ticket(process) if process.try_enter() else None
        key = self.key(key_id, limit=limit)
        if not (key.has_room and process.has_room):
            return None
        key.try_enter()
        process.try_enter()
        return Ticket(key, process)

    async def enter(
        self, key_id: int, *, limit: int | None, priority: Priority, patience: float | None = None
    ) -> Ticket:
        """Waits where it must: first in the key's own queue, then in the process's, no longer than the rules' patience
        in all, or ``patience`` seconds if that is less. Raises ``TooManyParallel`` for the key, ``Overloaded`` for the
        process."""
        process = self.process
        patience = process.patience if patience is None else min(patience, process.patience)
        if limit is None:
            self._keys.unlimit(key_id)
            await process.enter(priority=priority, patience=patience)
            return Ticket(process)
        until = self._clock() + patience
        key = self.key(key_id, limit=limit)
        await key.enter(priority=priority, patience=patience)
        try:
            await process.enter(priority=priority, patience=until - self._clock())
        except BaseException:
            key.leave()
            raise
        return Ticket(key, process)

    @property
    def refused(self) -> dict[str, int]:
        """Calls turned away since the start, by kind of gate; those of forgotten gates too."""
        families = {"process": self._tally, "key": self._keys.tally, "provider": self._providers.tally}
        return {kind: tally.refused for kind, tally in families.items()}

    def counts(self) -> list[GateCount]:
        """The process, then each limited key and provider with calls in flight. May be asked from any thread."""
        return [counted(self.process, "process", 0), *self._keys.counts("key"), *self._providers.counts("provider")]


def counted(gate: Gate, kind: str, gate_id: int) -> GateCount:
    return GateCount(kind, gate_id, gate.name, gate.limit, gate.in_flight, gate.waiting, gate.refused)


def _share(queue: int) -> int:
    return -(-queue // KEY_SHARE)
