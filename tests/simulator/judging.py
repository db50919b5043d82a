"""How useful a run was: one number from success, cost and waiting, laid down before anything was tuned by it.

    utility = 100 × success rate − 5 × log2(cost of an answer) − 5 × log2(p95 seconds of an answer)

One request of a hundred lost is as bad as answers that cost 15 % more, or as a p95 that is 15 % longer (2 ** 0.2);
twice the cost is as bad as five of a hundred lost. Logarithms, because twice the cost is twice the cost at any price.

The best single provider is only known afterwards, while ``auto`` begins each run knowing nothing. Two policies count as
equally useful within ``MARGIN``, which was added later than the rest; how often ``auto`` is ahead without it is told
beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import NamedTuple

from tests.simulator.running import Done

LOST, DOUBLED = 100.0, 5.0
MARGIN = 1.0  # points: what one request of a hundred is worth


class Verdict(NamedTuple):
    """``success`` is a share, ``cost`` USD for a thousand answers, ``p95`` seconds."""

    success: float
    cost: float
    p95: float

    @property
    def utility(self) -> float:
        if not self.success:
            return -1000.0
        return LOST * self.success - DOUBLED * log2(self.cost) - DOUBLED * log2(self.p95)


def verdict(done: Sequence[Done]) -> Verdict:
    """A run without an answer costs nothing and is worth nothing."""
    answered = sorted(one.seconds for one in done if one.ok)
    if not answered:
        return Verdict(0.0, 0.0, 0.0)
    cost = sum(one.cost for one in done) / len(answered) * 1000
    return Verdict(len(answered) / len(done), cost, answered[ceil(0.95 * len(answered)) - 1])
