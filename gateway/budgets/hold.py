"""What one attempt holds of its budgets, from before it is sent until its cost is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.budgets.slices import Slice
from gateway.exchange import Verdict


class Claim(NamedTuple):
    """On one budget's period: ``need`` is the worst case in what it measures."""

    slice: Slice
    need: int
    hard: bool


class Hold:
    """``charged``, ``nano`` and ``units`` go onto the attempt in the journal: what is booked if the process dies before
    it ends. ``nano`` is 0 where no hard budget of money holds it, ``units`` where none of usage does. After ``settle``,
    ``over_nano`` and ``over_units`` tell by how much the vendor's bill passed them."""

    __slots__ = ("_claims", "charged", "nano", "over_nano", "over_units", "settled", "units", "verdicts")

    def __init__(self, claims: Sequence[Claim], *, nano: int, units: int, verdicts: list[Verdict]) -> None:
        self._claims = claims
        self.charged: list[tuple[int, int]] = [claim.slice.key for claim in claims]
        self.nano = nano
        self.units = units
        self.verdicts = verdicts
        self.over_nano = 0
        self.over_units = 0
        self.settled = False

    @property
    def over(self) -> int:
        """Nano-dollars of the bill beyond the hold, or units where only usage is held."""
        return self.over_nano or self.over_units

    def settle(self, cost_nano: int | None, units: int) -> None:
        """The attempt cost that; ``None`` and 0: nobody bills it. Once; never awaits, never raises. The same sums must
        go onto the attempt that is journaled: the consumer books those."""
        if self.settled:
            return
        self.settled = True
        for claim in self._claims:
            spent = (cost_nano or 0) if claim.slice.budget.measure == "cost" else units
            claim.slice.settle(claim.need, max(spent, 0), hard=claim.hard)
            if claim.hard and spent > claim.need:
                if claim.slice.budget.measure == "cost":
                    self.over_nano = spent - claim.need
                else:
                    self.over_units = spent - claim.need
