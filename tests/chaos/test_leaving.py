"""Calls that end early, because the app left or a time limit passed: their upstream is closed within 100 ms, as the
vendor counts it, and what came of them is booked. Over a real server: tests/server/test_leaving.py."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from providers.http import Timeouts
from tests.chaos.app import App, Asked
from tests.chaos.judging import Ending, judge
from tests.chaos.world import PROMPTLY, RULES, Account, World
from tests.fake_vendor import BY_NAME, Answer, Fault, Listed, Received, failing

LIMITS = Timeouts(connect=1, first_byte=0.25, silence=0.25, total=0.6)
PATIENT = Timeouts(connect=1, first_byte=5, silence=5, total=10)
REPEATS = 2
FIRST_THEN_SECOND = [Account(), Account(dispatch="fallback")]

FLOOD = Fault(name="a flood", answer=Answer(text="word " * 20_000))
STREAM = Fault(name="a long stream", answer=Answer(text="word " * 3_000, delay=0.001))
SLOW = Fault(name="slow", answer=Answer(cut=10, delay=0.02))
ERROR_HANGS = Fault(name="an error that hangs", answer=replace(failing(500), hang="after headers"))


def hanging(name: str) -> Fault:
    return BY_NAME[f"hangs {name}"]


def in_words(value: Any) -> str:
    """A parameter's part of a test's name."""
    if isinstance(value, bool):
        return "stream" if value else "whole"
    return str(getattr(value, "name", value))


@pytest.mark.parametrize(
    ("fault", "stream", "dialect"),
    [
        (hanging("before the headers"), False, "openai"),
        (hanging("before the headers"), True, "openai"),
        (hanging("before the headers"), True, "anthropic"),
        (hanging("behind the headers"), False, "openai"),
        (hanging("behind the headers"), True, "openai"),
        (hanging("in the middle"), False, "anthropic"),
        (hanging("in the middle"), True, "openai"),
        (hanging("in the middle"), True, "anthropic"),
        (SLOW, False, "openai"),
        (SLOW, True, "openai"),
        (STREAM, True, "openai"),
        (ERROR_HANGS, False, "openai"),
        (ERROR_HANGS, True, "openai"),
    ],
    ids=in_words,
)
async def test_an_app_that_leaves_closes_its_upstream(
    tmp_path: Path, fault: Fault, stream: bool, dialect: Literal["openai", "anthropic"]
) -> None:
    async with World(tmp_path, [Account()], timeouts=PATIENT) as world:
        world.vendors["first"].schedule = Listed([fault], again=True)
        for _ in range(REPEATS):
            (app,) = world.calls(Asked(stream=stream, dialect=dialect))
            request = await seen(world, app)
            await asyncio.sleep(0.03)
            app.leave()
            await closed_after(request, app.left_at)
            await world.settle()
            exchange = world.exchange(app)
            assert (exchange.ended_by, exchange.status) == ("cancelled", 499)
            assert bool(exchange.output) == bool(app.pieces), (
                "what the app got is not booked, or what it did not get is"
            )


async def test_an_app_that_leaves_at_the_second_target_closes_that(tmp_path: Path) -> None:
    async with World(tmp_path, FIRST_THEN_SECOND, timeouts=PATIENT) as world:
        world.vendors["first"].schedule = Listed([BY_NAME["500"]], again=True)
        world.vendors["second"].schedule = Listed([hanging("before the headers")], again=True)
        (app,) = world.calls(Asked())
        request = await seen(world, app, count=2)
        app.leave()
        await closed_after(request, app.left_at)
        await world.settle()
        assert [one.provider for one in world.exchange(app).attempts] == ["first", "second"]


async def test_an_app_that_reads_slowly_and_leaves_closes_its_upstream(tmp_path: Path) -> None:
    async with World(tmp_path, [Account()], timeouts=PATIENT) as world:
        world.vendors["first"].schedule = Listed([FLOOD], again=True)
        (app,) = world.calls(Asked(stream=True, reads=0.03))
        request = await seen(world, app)
        await asyncio.sleep(0.2)
        app.leave()
        await closed_after(request, app.left_at)


async def test_a_hundred_apps_that_leave_at_once_close_a_hundred_upstreams(tmp_path: Path) -> None:
    async with World(tmp_path, [Account(tokens=3)], timeouts=PATIENT) as world:
        faults = [hanging("before the headers"), hanging("behind the headers"), hanging("in the middle"), SLOW]
        world.vendors["first"].schedule = Listed(faults, again=True)
        apps = world.calls(*[Asked(stream=number % 3 > 0) for number in range(100)])
        requests = [await seen(world, app) for app in apps]
        for app in apps:
            app.leave()
        for app, request in zip(apps, requests, strict=True):
            await closed_after(request, app.left_at)
        await world.settle()
        assert {world.exchange(app).ended_by for app in apps} == {"cancelled"}


@pytest.mark.parametrize("stream", [False, True], ids=in_words)
@pytest.mark.parametrize(
    ("fault", "limit"),
    [
        (hanging("before the headers"), LIMITS.first_byte),
        (hanging("behind the headers"), LIMITS.silence),
        (BY_NAME["starts too late"], LIMITS.first_byte),
        (ERROR_HANGS, LIMITS.silence),
    ],
    ids=in_words,
)
async def test_an_attempt_that_times_out_closes_its_upstream_and_the_next_target_answers(
    tmp_path: Path, fault: Fault, limit: float, stream: bool
) -> None:
    async with World(tmp_path, FIRST_THEN_SECOND, timeouts=LIMITS) as world:
        world.vendors["first"].schedule = Listed([fault], again=True)
        apps = await world.ended(*[Asked(stream=stream)] * REPEATS)
        for app in apps:
            assert judge(app) is (Ending.STREAMED if stream else Ending.ANSWERED)
            (_, late), (name, _) = world.requests(app)
            await closed_after(late, late.at + limit)
            first, second = world.exchange(app).attempts
            assert (first.provider, bool(first.error)) == ("first", True) and (second.provider, name) == ("second",) * 2
            assert limit * 1e6 * 0.9 <= first.duration_us <= (limit + PROMPTLY) * 1e6


async def test_a_slow_start_closes_its_upstream_and_the_next_target_answers(tmp_path: Path) -> None:
    rules = RULES._replace(slow_start=0.15)
    async with World(tmp_path, FIRST_THEN_SECOND, timeouts=PATIENT, rules=rules) as world:
        world.vendors["first"].schedule = Listed([hanging("before the headers")], again=True)
        apps = await world.ended(*[Asked(stream=True)] * REPEATS)
        for app in apps:
            assert judge(app) is Ending.STREAMED
            (_, late), (name, _) = world.requests(app)
            assert name == "second"
            await closed_after(late, late.at + rules.slow_start)
            assert [one.error for one in world.exchange(app).attempts] == ["provider_slow_start", ""]


@pytest.mark.parametrize(
    ("fault", "limit"),
    [(hanging("in the middle"), LIMITS.silence), (BY_NAME["drips for ever"], LIMITS.total)],
    ids=["silence", "total"],
)
async def test_a_stream_that_times_out_closes_its_upstream_and_ends_with_an_error(
    tmp_path: Path, fault: Fault, limit: float
) -> None:
    async with World(tmp_path, FIRST_THEN_SECOND, timeouts=LIMITS) as world:
        world.vendors["first"].schedule = Listed([fault], again=True)
        apps = await world.ended(*[Asked(stream=True)] * REPEATS)
        for app in apps:
            assert judge(app) is Ending.BROKE and b"provider_timeout" in app.body
            ((_, late),) = world.requests(app)
            await closed_after(late, late.at + limit)
            assert world.exchange(app).error_code == "provider_timeout"


async def test_a_stream_whose_time_is_over_while_its_app_reads_ends_with_an_error_all_the_same(tmp_path: Path) -> None:
    async with World(tmp_path, [Account()], timeouts=LIMITS) as world:
        world.vendors["first"].schedule = Listed([BY_NAME["drips for ever"]], again=True)
        (app,) = await world.ended(Asked(stream=True, reads=LIMITS.total / 2.5))
        assert judge(app) is Ending.BROKE and b"provider_timeout" in app.body
        assert world.exchange(app).ended_by == "failed"


@pytest.mark.parametrize("stream", [False, True], ids=in_words)
@pytest.mark.parametrize(
    "name",
    [
        "a chunk of no size",
        "promises less and goes on",
        "promises nothing and sends",
        "an endless header",
        "200 with half of JSON",
        "500 whose body is cut",
    ],
)
async def test_what_cannot_be_read_to_its_end_is_not_used_again(tmp_path: Path, name: str, stream: bool) -> None:
    async with World(tmp_path, FIRST_THEN_SECOND, timeouts=LIMITS) as world:
        first = world.vendors["first"]
        first.schedule = Listed([BY_NAME[name], None], again=True)
        for _ in range(REPEATS):
            spoilt, sound = [await world.ended(Asked(stream=stream)) for _ in range(2)]
            assert judge(spoilt[0]) in (Ending.ANSWERED, Ending.STREAMED, Ending.BROKE)
            assert judge(sound[0]) in (Ending.ANSWERED, Ending.STREAMED), "the next call met what was left of the last"
            assert world.exchange(sound[0]).provider == "first"


async def seen(world: World, app: App, *, count: int = 1) -> Received:
    """The call's latest request, once so many came. Raises ``TimeoutError``."""
    async with asyncio.timeout(4):  # a hedge comes after the usual time of the first, which a busy machine stretches
        while len(world.requests(app)) < count:
            await asyncio.sleep(0.002)
    return world.requests(app)[-1][1]


async def closed_after(request: Received, moment: float) -> None:
    """Waits for the client to close the request's connection, and holds it to 100 ms since ``moment`` (monotonic)."""
    async with asyncio.timeout(2):
        while request.connection.closed_at is None:
            await asyncio.sleep(0.002)
    assert request.connection.closed_by == "client"
    assert request.connection.closed_at - moment < PROMPTLY
