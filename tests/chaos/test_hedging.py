"""A hedged call: the loser is closed at its vendor within 100 ms, booked, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.answer import Answer as Response
from gateway.relay.hedging import race
from gateway.routing.rules import Rules
from providers.http import Timeouts
from tests.chaos.app import Asked
from tests.chaos.judging import Ending, judge
from tests.chaos.test_leaving import closed_after, seen
from tests.chaos.world import PROMPTLY, Account, World
from tests.fake_vendor import BY_NAME, Answer, Fault, Listed
from tests.gateway.harness import DONE, Pieces, chunk, gateway, provider

HEDGED = Rules(hedge=True, retries=0, deadline=5)
PATIENT = Timeouts(connect=1, first_byte=5, silence=5, total=10)
LATE = Fault(name="answers late", answer=Answer(wait=0.4))
PRACTICE = 24  # calls after which the usual time is known


async def practised(world: World, *, stream: bool) -> None:
    """The first provider's usual time is known, and short."""
    await world.ended(*[Asked(stream=stream)] * PRACTICE)
    await world.settle()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", [BY_NAME["hangs before the headers"], BY_NAME["hangs behind the headers"]])
async def test_the_loser_is_closed_at_once_and_booked(tmp_path: Path, fault: Fault, stream: bool) -> None:
    accounts = [Account(), Account(dispatch="fallback")]
    async with World(tmp_path, accounts, timeouts=PATIENT, rules=HEDGED) as world:
        await practised(world, stream=stream)
        world.vendors["first"].schedule = Listed([fault], again=True)
        for _ in range(3):
            (app,) = await world.ended(Asked(stream=stream))
            assert judge(app) is (Ending.STREAMED if stream else Ending.ANSWERED)
            (name, lost), (winner, won) = world.requests(app)
            assert (name, winner) == ("first", "second")
            await closed_after(lost, won.at)
            loser, other = world.exchange(app).attempts
            assert (loser.error, other.kind) == ("", "hedge") and loser.verdict and loser.input > 0
            assert loser.duration_us <= other.started_us + other.duration_us + PROMPTLY * 1e6
            assert world.exchange(app).provider == "second"
            await world.settle()


async def test_a_first_that_comes_late_after_all_wins_and_its_rival_is_closed(tmp_path: Path) -> None:
    accounts = [Account(), Account(dispatch="fallback")]
    async with World(tmp_path, accounts, timeouts=PATIENT, rules=HEDGED) as world:
        await practised(world, stream=False)
        world.vendors["first"].schedule = Listed([LATE], again=True)
        world.vendors["second"].schedule = Listed([BY_NAME["hangs before the headers"]], again=True)
        (app,) = await world.ended(Asked())
        assert judge(app) is Ending.ANSWERED and world.exchange(app).provider == "first"
        _, (name, lost) = world.requests(app)
        assert name == "second"
        await closed_after(lost, app.ended_at)


async def test_an_app_that_leaves_a_race_closes_both(tmp_path: Path) -> None:
    accounts = [Account(), Account(dispatch="fallback")]
    async with World(tmp_path, accounts, timeouts=PATIENT, rules=HEDGED) as world:
        await practised(world, stream=True)
        for vendor in world.vendors.values():
            vendor.schedule = Listed([BY_NAME["hangs before the headers"]], again=True)
        (app,) = world.calls(Asked(stream=True))
        await seen(world, app, count=2)
        app.leave()
        for _, request in world.requests(app):
            await closed_after(request, app.left_at)
        await world.settle()
        assert [one.verdict for one in world.exchange(app).attempts] == ["cancelled"] * 2


async def test_rivals_that_answer_at_once_are_one_winner_and_one_that_is_closed(tmp_path: Path) -> None:
    gate = asyncio.Event()
    asked: list[httpx.Request] = []
    closed: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if not gate_closed:
            pieces = [chunk("Hi"), chunk(finish="stop"), DONE]
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(pieces))
        await gate.wait()
        host = request.url.host
        pieces = [chunk(f"from {host}"), 0.05, chunk(finish="stop"), DONE]
        return httpx.Response(
            200,
            headers={"content-type": "text/event-stream"},
            stream=Pieces(pieces, on_close=lambda: closed.append(host)),
        )

    gate_closed = False
    cast = provider("first"), provider("second", dispatch="fallback")
    async with gateway(tmp_path, answer, *cast, rules=HEDGED) as one:
        for number in range(PRACTICE):
            await one.chat(stream=True, messages=[{"role": "user", "content": f"{number}"}])
        asked.clear()
        gate_closed = True
        call = asyncio.create_task(one.chat(stream=True))
        async with asyncio.timeout(2):
            while len(asked) < 2:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        gate.set()
        got = await call
        await asyncio.sleep(0.1)
        assert sorted(closed) == ["first.test", "second.test"], "a rival's upstream was left open"
        assert all(condition.in_flight == 0 for condition in one.runtime.pool.conditions.values())
        row = one.rows()[-1]
        winner = next(one for one in row.attempts if not one.verdict)
        assert f"from {winner.provider}.test".encode() in got.body
        assert row.provider == winner.provider and got.headers["x-switchboard-provider"] == winner.provider


class Closed:
    """A streamed body that says whether it was closed."""

    closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("nobody reads it")

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("turns", range(6))
async def test_an_answer_that_comes_in_the_moment_the_app_leaves_is_closed(turns: int) -> None:
    body, gate = Closed(), asyncio.Event()

    async def first() -> Response:
        await gate.wait()
        return Response(200, body)

    async def call() -> None:
        await race(first(), lambda: None, after=10)
        await body.aclose()  # as the door does with what it is given

    calling = asyncio.create_task(call())
    await asyncio.sleep(0.01)
    gate.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    began = bool(turns)
    calling.cancel()
    await asyncio.wait([calling])
    assert body.closed or not began
