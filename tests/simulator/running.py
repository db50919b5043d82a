"""A run: the requests of a setting under one policy, with fallback as the gateway does it, on a clock of its own."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import NamedTuple

from gateway.routing.rules import USUAL_RULES
from providers.breaker import Blocked, BreakerRules, Breakers
from providers.catalogue import CompiledProvider
from providers.errors import Fault, RateLimited
from providers.measures import Measured, Measures
from tests.simulator.cast import MODEL
from tests.simulator.world import Outcome, Request, Setting, SimulatedProvider, World

BEGAN = 1_700_000_000.0  # any moment since the epoch
Policy = Callable[[Request, "Now"], Sequence[int]]  # → providers' numbers, in the order they are tried


class Done(NamedTuple):
    """``seconds``: from the request to the end of its answer, all attempts included."""

    request: Request
    ok: bool
    seconds: float
    cost: float


class Now:
    """The moment of a run: satisfies ``gateway.routing.scoring.Moment``."""

    def __init__(self, seed: int) -> None:
        self.time = BEGAN
        self.random = Random(seed)
        self.turns: dict[str, int] = {}
        self.measures = Measures(clock=self.now)
        self.breakers = Breakers(BreakerRules(), clock=self.now)
        self.rests: dict[int, float] = {}

    def now(self) -> float:
        return self.time

    def measured(self, provider_id: int, model: str) -> Measured | None:
        return self.measures.of(provider_id, model)

    def blocked(self, provider_id: int, model: str) -> Blocked | None:
        return self.breakers.blocked(provider_id, model)

    def token_share(self, provider: CompiledProvider) -> float:
        return 0.0 if self.rests_still(provider.id) else 1.0

    def rests_still(self, provider_id: int) -> bool:
        return self.rests.get(provider_id, 0.0) > self.time


def run(setting: Setting, policy: Policy) -> list[Done]:
    """Every request of ``setting``, in the order they ended."""
    now = Now(setting.seed)
    world = World(setting.providers, setting.dice)
    done: list[Done] = []
    waiting: list[tuple[float, int, Generator[float, None, None]]] = []
    for request in setting.requests:
        at = BEGAN + request.at
        while waiting and waiting[0][0] <= at:
            _step(waiting, now)
        now.time = at
        call = _call(request, policy, now, world, done)
        waits = next(call, None)
        if waits is not None:
            heapq.heappush(waiting, (at + waits, request.number, call))
    while waiting:
        _step(waiting, now)
    return done


def _step(waiting: list[tuple[float, int, Generator[float, None, None]]], now: Now) -> None:
    now.time, number, call = waiting[0]
    waits = next(call, None)
    if waits is None:
        heapq.heappop(waiting)
    else:
        heapq.heapreplace(waiting, (now.time + waits, number, call))


def _call(request: Request, policy: Policy, now: Now, world: World, done: list[Done]) -> Generator[float, None, None]:
    """One request: its targets in order, all of them once more after a wait, as ``gateway.relay`` tries them."""
    began = now.time
    order = policy(request, now)
    attempts = 0
    for again in range(USUAL_RULES.retries + 1):
        if again:
            yield USUAL_RULES.backoff_base * (1 + 0.1 * now.random.random())
        for number in order:
            provider = world.providers[number]
            taken = None if now.rests_still(number + 1) else now.breakers.enter(number + 1, MODEL)
            if taken is None or attempts >= USUAL_RULES.max_attempts:
                continue
            attempts += 1
            now.measures.began(number + 1, MODEL)
            met = world.meet(provider, request, attempts, now.time - BEGAN)
            yield met.seconds
            _learn(provider, request, met, now)
            now.breakers.leave(taken, met.error)
            if met.error is None:
                done.append(Done(request, True, now.time - began, provider.cost(request)))
                return
    done.append(Done(request, False, now.time - began, 0.0))


def _learn(provider: SimulatedProvider, request: Request, met: Outcome, now: Now) -> None:
    """As the gateway settles an attempt: a refusal for our account's sake tells nothing of the vendor, and rests."""
    error = met.error
    ok = None if error is not None and error.fault is Fault.ACCOUNT else error is None
    output = request.answered if ok else 0
    now.measures.ended(provider.number + 1, MODEL, ok=ok, first_s=met.first, seconds=met.seconds, output=output)
    if isinstance(error, RateLimited):
        now.rests[provider.number + 1] = now.time + (error.retry_after or 0.0)
