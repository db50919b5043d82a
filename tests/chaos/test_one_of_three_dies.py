"""One provider of three is killed under load, and comes back: who notices. CHAOS_SECONDS makes it longer than usual."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from providers.breaker import BreakerRules
from providers.http import Timeouts
from tests.chaos.app import App, Asked
from tests.chaos.figures import row, show
from tests.chaos.judging import Ending, judge
from tests.chaos.world import Account, World
from tests.fake_vendor import Answer, FakeVendor

SECONDS = float(os.environ.get("CHAOS_SECONDS", "4.5"))  # a third each: all well, one dead, all well again
RATE = 100  # calls a second
PROBE_SECONDS = 0.5  # how long a breaker keeps a provider out before it is tried again
PATIENT = Timeouts(connect=1, first_byte=5, silence=5, total=10)
KINDS = (
    Asked(),
    Asked(stream=True),
    Asked(dialect="anthropic"),
    Asked(stream=True, dialect="anthropic"),
)


@dataclass(slots=True)
class Death:
    """What was under way at the killed provider. Times are monotonic seconds."""

    name: str
    died_at: float
    back_at: float
    begun: set[App]  # streams of which their app had something
    between: set[App]  # of which the vendor had sent something that had not reached the app


async def test_one_of_three_dies_and_comes_back(tmp_path: Path) -> None:
    accounts = [Account(tokens=2), Account(tokens=2), Account(tokens=2)]
    breaker = BreakerRules(open_seconds=PROBE_SECONDS, longest=PROBE_SECONDS)
    async with World(tmp_path, accounts, timeouts=PATIENT, breaker=breaker) as world:
        for vendor in world.vendors.values():
            vendor.script(Answer(wait=0.02, delay=0.02))  # a stream takes a quarter of a second
        load = asyncio.get_running_loop().create_task(put_load_on(world))
        death = await kill_one(world)
        await load
        await asyncio.wait(world.running.values())
        endings = {app: judge(app) for app in world.apps}
        tell(world, death, endings)
        for app, ending in endings.items():
            if not app.asked.stream:
                assert ending is Ending.ANSWERED, f"a whole call failed: {app.body!r}"
            elif app not in death.begun | death.between:
                assert ending is Ending.STREAMED, f"a stream that had sent nothing yet failed: {app.body!r}"
        assert {endings[app] for app in death.begun} <= {Ending.BROKE, Ending.STREAMED}
        assert [app for app in death.begun if endings[app] is Ending.BROKE], "nothing was under way when it died"
        assert back_after(world, death) < PROBE_SECONDS + 0.2
        await world.settle()


async def put_load_on(world: World) -> None:
    """``RATE`` calls a second of every kind, whatever the gateway does."""
    began = time.monotonic()
    for number in range(int(SECONDS * RATE)):
        await asyncio.sleep(began + number / RATE - time.monotonic())
        world.calls(KINDS[number % len(KINDS)])


async def kill_one(world: World) -> Death:
    """Kills the busiest vendor after a third of the time, and lets it come back after two."""
    await asyncio.sleep(SECONDS / 3)
    name, vendor = max(world.vendors.items(), key=lambda one: len(one[1].open_requests))
    begun, between = under_way(world, name)
    died_at = time.monotonic()
    await vendor.die()
    await asyncio.sleep(SECONDS / 3)
    await vendor.come_back()
    return Death(name, died_at, time.monotonic(), begun, between)


def under_way(world: World, name: str) -> tuple[set[App], set[App]]:
    """Streams at a vendor: those of which the app had something, and those of which only the vendor had sent it."""
    begun, between = set(), set()
    for app in world.running:
        requests = world.requests(app)
        if not app.asked.stream or not requests or requests[-1][0] != name or not requests[-1][1].open:
            continue
        if app.pieces:
            begun.add(app)
        elif requests[-1][1].answer_sent:
            between.add(app)
    return begun, between


def back_after(world: World, death: Death) -> float:
    """Seconds from its return until it got a call."""
    vendor: FakeVendor = world.vendors[death.name]
    return min((one.at for one in vendor.requests if one.at >= death.back_at), default=float("inf")) - death.back_at


def tell(world: World, death: Death, endings: dict[App, Ending]) -> None:
    before = [one for one in endings.items() if one[0].ended_at < death.died_at]
    around = [one for one in endings.items() if one[0].began_at < death.died_at <= one[0].ended_at]
    while_dead = [one for one in endings.items() if death.died_at <= one[0].began_at < death.back_at]
    after = [one for one in endings.items() if one[0].began_at >= death.back_at]
    tried = Counter(attempt.provider for app, _ in while_dead for attempt in world.exchange(app).attempts)
    shares = Counter(world.exchange(app).provider for app, _ in after)
    show(
        f"{RATE} calls a second for {SECONDS:g} s, half of them streams; {death.name} of three dies and comes back",
        row("before", before),
        row("under way when it died", around),
        row("begun while it was dead", while_dead),
        row("begun after its return", after),
        f"streams cut: {len(death.begun)} had reached their app, {len(death.between)} were on their way to it",
        f"attempts at the dead one: {tried[death.name]} of {len(while_dead)} calls",
        f"first call after its return: {back_after(world, death) * 1000:.0f} ms; its share then: "
        f"{shares[death.name]} of {len(after)}",
    )
