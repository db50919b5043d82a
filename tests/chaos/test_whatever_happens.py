"""A state machine of vendors that fail in every way, apps that come and leave, and one gateway between them.

CHAOS_EXAMPLES=2000 runs that many random examples and shrinks what fails; without it, the same few each time.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.policy.gates import GateRules
from gateway.routing.rules import Rules
from providers.breaker import BreakerRules
from providers.http import Timeouts
from tests.chaos.app import Asked
from tests.chaos.judging import Ending, judge
from tests.chaos.world import Account, World
from tests.fake_vendor import BY_NAME, Chances, FakeVendor, Listed

Settings = dict[str, Any]
EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "0"))
TIMEOUTS = Timeouts(connect=1, first_byte=0.2, silence=0.12, total=0.5)  # hedging begins after 0.1 s at the soonest
ROUNDS = 30  # conversations choose their tokens by chance
DAYS = 3 * 24 * 3600.0  # longer than any token rests

accounts = st.lists(
    st.builds(
        Account,
        tokens=st.integers(1, 3),
        vendor=st.sampled_from(["openai_compatible", "openai_compatible", "anthropic"]),
        max_in_flight=st.sampled_from([None, None, None, 2]),
    ),
    min_size=2,
    max_size=4,
)
rules = st.fixed_dictionaries(
    {
        "max_attempts": st.sampled_from([2, 6, 12]),
        "retries": st.integers(0, 2),
        "backoff_base": st.just(0.02),
        "backoff_cap": st.just(0.1),
        "deadline": st.sampled_from([0.4, 1.0, 2.0]),
        "slow_start": st.sampled_from([0, 0, 0.06]),
        "hedge": st.booleans(),
        "sticky": st.sampled_from(["off", "conversation"]),
    }
)
breakers = st.fixed_dictionaries({"minimum": st.sampled_from([5, 10, 30]), "open_seconds": st.sampled_from([0.2, 15])})
gates = st.fixed_dictionaries(
    {
        "process_limit": st.sampled_from([None, None, 8]),
        "queue": st.sampled_from([0, 5, 200]),
        "patience": st.sampled_from([0.05, 0.3]),
    }
)
leaving = st.one_of(st.none(), st.none(), st.floats(0, 0.2))
calls = st.builds(
    Asked,
    model=st.sampled_from(["m1", "m1", "m1", "first:m1"]),
    dialect=st.sampled_from(["openai", "openai", "anthropic"]),
    stream=st.booleans(),
    leaves_after=leaving,
    leaves_after_pieces=st.one_of(st.none(), st.none(), st.integers(1, 8)),
    reads=st.sampled_from([0, 0, 0.002]),
)
soon = st.sampled_from([0, 0.02, 0.1])
numbers = st.integers(0, 3)
seeds = st.integers(0, 2**32)
faults = st.sampled_from(list(BY_NAME))  # by name: drawn values are told in full when an example fails


def crowd(count: int, *, seed: int) -> list[Asked]:
    """As ``calls``, from one number: hypothesis would take longer to draw them than the gateway to answer them."""
    chance = random.Random(seed)
    return [
        Asked(
            model=chance.choice(["m1", "m1", "m1", "first:m1"]),
            dialect=chance.choice(["openai", "openai", "anthropic"]),
            stream=chance.random() < 0.6,
            leaves_after=chance.uniform(0, 0.2) if chance.random() < 0.15 else None,
            leaves_after_pieces=chance.randint(1, 8) if chance.random() < 0.1 else None,
            reads=chance.choice([0, 0, 0.002]),
        )
        for _ in range(count)
    ]


class Chaos(RuleBasedStateMachine):
    """One world. Vendors are taken by number, modulo how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="switchboard-chaos-"))
        self.runner = asyncio.Runner()
        self.failed = False

    @initialize(cast=accounts, rules=rules, breaker=breakers, gates=gates, seed=seeds)
    def begin(self, cast: list[Account], rules: Settings, breaker: Settings, gates: Settings, seed: int) -> None:
        settings: Settings = {"breaker": BreakerRules(**breaker), "gates": GateRules(**gates)}
        self.world = World(self.directory, cast, timeouts=TIMEOUTS, rules=Rules(**rules), cooldown=1, **settings)
        self._run(self.world.__aenter__())
        if rules["hedge"]:
            self.world.make_usual(0.02)
        self._fail_at_random(BY_NAME, seed=seed)

    @rule(asked=st.lists(calls, min_size=1, max_size=4), soon=soon)
    def apps_call(self, asked: list[Asked], soon: float) -> None:
        self._run(self._call(asked, soon))

    @rule(count=st.integers(5, 30), seed=seeds, soon=soon)
    def many_apps_call(self, count: int, seed: int, soon: float) -> None:
        self._run(self._call(crowd(count, seed=seed), soon))

    @rule(number=numbers, wrong=st.lists(st.one_of(faults, faults, st.none()), min_size=1, max_size=6))
    def a_vendor_fails(self, number: int, wrong: list[str | None]) -> None:
        self._vendor(number).schedule = Listed([BY_NAME[one] if one else None for one in wrong], again=True)

    @rule(some=st.one_of(st.lists(faults, min_size=1, max_size=5, unique=True), st.just(list(BY_NAME))), seed=seeds)
    def all_vendors_fail_at_random(self, some: list[str], seed: int) -> None:
        self._fail_at_random(some, seed=seed)

    @rule(number=numbers)
    def a_vendor_is_well(self, number: int) -> None:
        self._vendor(number).schedule = None

    @rule(number=numbers, back=st.lists(numbers, max_size=3))
    def a_vendor_dies_and_others_come_back(self, number: int, back: list[int]) -> None:
        async def happen() -> None:
            await self._vendor(number).die()
            for one in back:
                await self._vendor(one).come_back()

        self._run(happen())

    @rule(seconds=st.sampled_from([0.5, 61.0]))
    def time_passes_for_tokens(self, seconds: float) -> None:
        self.world.clock.ahead += seconds

    @rule()
    def all_calls_end(self) -> None:
        self._run(self.world.settle())

    @invariant()
    def no_lease_is_lost_and_no_token_taken_out(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.check_now()
            except AssertionError:
                self.failed = True
                raise

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.runner.run(self._end())
        finally:
            self.runner.close()
            shutil.rmtree(self.directory)

    # --- inside -----------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            self.runner.run(work)
        except BaseException:
            self.failed = True  # what the end would say on top of it hides what went wrong
            raise

    def _vendor(self, number: int) -> FakeVendor:
        vendors = list(self.world.vendors.values())
        return vendors[number % len(vendors)]

    def _fail_at_random(self, names: Iterable[str], *, seed: int) -> None:
        wrong = [BY_NAME[one] for one in names]
        for number, vendor in enumerate(self.world.vendors.values()):
            vendor.schedule = Chances(dict.fromkeys(wrong, 0.7 / len(wrong)), seed=seed + number)

    async def _call(self, asked: list[Asked], soon: float) -> None:
        self.world.clock.ahead += 1.5  # most tokens that rest are back: else there is little left to go wrong
        self.world.calls(*asked)
        await asyncio.sleep(soon)

    async def _end(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_exit(self.world)
            if self.failed:
                raise Over
            await self.world.settle()
            for vendor in self.world.vendors.values():
                await vendor.come_back()
            self.world.clock.ahead += DAYS
            await everything_works_again(self.world)


LONGEST_OPEN = 301.0  # seconds: what a breaker is open for at most, and a little


class Over(Exception):
    """The test has failed already."""


async def everything_works_again(world: World) -> None:
    """Every token of the providers, all well again, serves calls: also those of which the vendor said they were not
    valid, or had no quota."""
    cast = world.gateway.runtime.snapshots.current.catalogue.providers.values()
    for vendor in world.vendors.values():
        vendor.schedule = Listed([BY_NAME["a slow start"]], again=True)  # so that calls overlap
    world.gateway.runtime.gates.configure(GateRules())
    missing = {token.fingerprint for one in cast for token in one.tokens}
    for _ in range(ROUNDS):
        apps = await world.ended(*[Asked(model=f"{one.name}:m1") for one in cast for _ in one.tokens])
        await world.settle()
        missing -= {world.exchange(app).token for app in apps if judge(app) is Ending.ANSWERED}
        if not missing:
            return
        world.clock.ahead += LONGEST_OPEN  # on a busy machine a probe may come too late, and opens its breaker again
    last = sorted({world.exchange(app).error_message for app in apps})
    raise AssertionError(f"all is well again, but these tokens did not serve a call: {missing}; the last words: {last}")


Chaos.TestCase.settings = settings(
    max_examples=EXAMPLES or 30,
    stateful_step_count=12,
    derandomize=not EXAMPLES,
    phases=tuple(Phase) if EXAMPLES else (Phase.generate,),  # shrinking takes minutes: an example is sockets and waits
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
test_every_app_gets_an_answer_or_one_clear_error_and_nothing_is_left_behind = Chaos.TestCase
if EXAMPLES:
    pytest.mark.timeout(0)(Chaos.TestCase)
