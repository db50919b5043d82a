"""What all attempts of one call share: who asks, what is booked, and how much time is left."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from gateway.answer import Headers
from gateway.inbound import Inbound
from gateway.relay.outgoing import Outgoing
from gateway.relay.settle import Settlement
from gateway.routing.plan import Plan
from gateway.routing.traits import CHARS_PER_UNIT
from gateway.runtime import Runtime
from providers.errors import SwitchboardError

if TYPE_CHECKING:
    from gateway.relay.attempt import Trial
    from gateway.relay.reserving import Reserving

TOO_LITTLE = 0.01  # seconds: what is left is not worth an attempt, and timers are that exact
JITTER = 0.1  # of a wait: apps that failed together must not come back together
_random = random.Random()


class Context:
    """Of one call. Times are in seconds."""

    __slots__ = (
        *("_ends_at", "answered", "headers", "inbound", "met_by", "operation", "outgoing", "plan", "reserving"),
        *("rules", "running", "runtime", "settlement", "tie", "units"),
    )

    def __init__(
        self,
        runtime: Runtime,
        inbound: Inbound,
        settlement: Settlement,
        plan: Plan,
        *,
        outgoing: Outgoing | None = None,
        reserving: Reserving | None = None,
    ) -> None:
        self.runtime = runtime
        self.inbound = inbound
        self.operation = inbound.operation
        self.settlement = settlement
        self.plan = plan
        self.rules = plan.rules
        self.running: list[Trial] = []  # more than one while a race is on
        self.met_by: dict[SwitchboardError, Trial] = {}  # errors by the attempts that met them
        # What ties a conversation to a token; apps that all call their session "1" are not one conversation.
        self.tie = f"{inbound.caller.key.id}\0{plan.session.id}" if plan.session is not None else ""
        self.outgoing = outgoing
        self.reserving = reserving  # limits and budgets, where any holds
        self.headers: Headers = ()  # of the answer: what is left of the limits
        self.answered = False  # an attempt's answer is the call's: no other may begin
        self.units = inbound.size // CHARS_PER_UNIT  # what a token's limit is held at until the usage is known
        self._ends_at = settlement.started / 1e9 + plan.rules.deadline

    @property
    def left(self) -> float:
        """Until the deadline of the call; below 0 when it has passed."""
        return self._ends_at - time.perf_counter()

    @property
    def is_over(self) -> bool:
        """Whether the time of the call is."""
        return self.left < TOO_LITTLE

    @property
    def may_try(self) -> bool:
        attempts = self.settlement.exchange.attempts
        return not self.answered and len(attempts) < self.rules.max_attempts and self.left >= TOO_LITTLE

    def backoff(self, retry: int, wanted: float | None) -> float | None:
        """The wait before the ``retry``-th round, at least as long as a vendor ``wanted``; ``None`` where it would end
        after the deadline."""
        rules = self.rules
        wait = min(rules.backoff_base * 2 ** (retry - 1), rules.backoff_cap) * (1 + _random.random() * JITTER)
        if wanted is not None:
            wait = max(wait, wanted)
        return wait if wait < self.left else None
