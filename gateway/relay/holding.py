"""What an attempt takes before it begins and gives back when it ends: its share of limits, its hold on budgets."""

from __future__ import annotations

from typing import Protocol

from gateway.exchange import Attempt


class Taken(Protocol):
    """A share of limits. Neither awaits nor raises; doing it again changes nothing."""

    def settle(self, units: int | None) -> None: ...

    def leave(self) -> None: ...

    def undo(self) -> None:
        """As if it had never been taken."""


class Hold(Protocol):
    """A hold on budgets."""

    charged: list[tuple[int, int]]
    nano: int
    units: int

    def settle(self, cost_nano: int | None, units: int) -> None: ...


class Settles(Protocol):
    """What the end of a call settles at the latest. Doing it again changes nothing."""

    def settle(self) -> None: ...


class Held:
    """Of one attempt. ``settle`` is called when the attempt's figures are final: what the budgets are told then is what
    the journal's record will say."""

    __slots__ = ("_attempt", "_budget", "_limits")

    def __init__(self, *, limits: Taken | None, budget: Hold | None) -> None:
        self._limits = limits
        self._budget = budget
        self._attempt: Attempt | None = None

    def begin(self, attempt: Attempt) -> None:
        """The attempt it is for; the hold stands on its record."""
        self._attempt = attempt
        if self._budget is not None:
            attempt.charged = self._budget.charged
            attempt.hold_nano, attempt.hold_units = self._budget.nano, self._budget.units

    def settle(self) -> None:
        """At what the attempt was booked; at nothing where it never began. Once."""
        attempt = self._attempt
        limits, self._limits = self._limits, None
        budget, self._budget = self._budget, None
        units = attempt.input + attempt.output if attempt is not None else 0
        if limits is not None and attempt is None:
            limits.undo()
        elif limits is not None:
            limits.settle(units)
            limits.leave()
        if budget is not None:
            budget.settle(attempt.cost_nano if attempt is not None else 0, units)
