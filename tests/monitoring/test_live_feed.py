"""From events to messages: what is sent, to whom, how much of it, and what it costs the request path."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import pairwise
from timeit import repeat

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.events import Topic
from gateway.exchange import Exchange
from monitoring.live.access import EVERYONE
from monitoring.live.feed import Feed
from monitoring.live.pending import MOST_ENDS, MOST_ROWS, Pending
from monitoring.live.presence import Presence
from tests.monitoring.live_cast import RecordingLayer, exchange


class House:
    """A feed with topics of its own."""

    def __init__(self, presence: Presence | None = None) -> None:
        self.opened: Topic[Exchange] = Topic("opened")
        self.closed: Topic[Exchange] = Topic("closed")
        self.layer = RecordingLayer()
        self.feed = Feed(self.layer, presence=presence, round_seconds=0.1)


@asynccontextmanager
async def house(presence: Presence | None = None) -> AsyncIterator[House]:
    made = House(presence)
    made.feed.start(opened=made.opened, closed=made.closed)
    try:
        yield made
    finally:
        await made.feed.stop()


async def test_nothing_is_sent_when_nobody_watches() -> None:
    async with house() as it:
        it.closed.tell(exchange())
        await asyncio.sleep(0.15)
        assert it.layer.sent == []


async def test_a_row_goes_to_everyones_group_and_to_its_team_only() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        it.feed.arrive({7, 8})
        it.closed.tell(exchange(team_id=7, team="blue", id="of-blue"))
        it.closed.tell(exchange(id="of-no-team"))
        await it.layer.wait_for(2)
        assert [row["id"] for row in it.layer.to("logs.all")[0]["rows"]] == ["of-blue", "of-no-team"]
        assert [row["id"] for row in it.layer.to("logs.team.7")[0]["rows"]] == ["of-blue"]
        assert it.layer.to("logs.team.8") == []


async def test_it_stops_when_the_last_viewer_leaves() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        it.feed.arrive({EVERYONE})
        it.feed.leave({EVERYONE})
        it.closed.tell(exchange())
        await it.layer.wait_for(1)
        it.feed.leave({EVERYONE})
        it.closed.tell(exchange())
        await asyncio.sleep(0.25)
        assert len(it.layer.sent) == 1
        assert it.feed.viewers == 0


async def test_a_burst_becomes_few_messages_with_the_rest_counted() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        for number in range(1000):
            it.closed.tell(exchange(id=str(number)))
        await it.layer.wait_for(1)
        message = it.layer.to("logs.all")[0]
        assert [row["id"] for row in message["rows"]] == [str(number) for number in range(1000 - MOST_ROWS, 1000)]
        assert message["left_out"] == 1000 - MOST_ROWS


async def test_at_most_one_message_goes_out_in_100_ms() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        until = time.monotonic() + 0.55
        while time.monotonic() < until:
            it.closed.tell(exchange())
            await asyncio.sleep(0.002)
        assert 2 <= len(it.layer.sent) <= 6


async def test_a_message_lost_on_the_way_shows_in_the_next_number() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        it.layer.fails = True
        it.closed.tell(exchange())
        it.closed.tell(exchange())
        await asyncio.sleep(0.15)
        it.layer.fails = False
        it.closed.tell(exchange())
        await it.layer.wait_for(1)
        assert it.layer.to("logs.all")[0]["seq"] == 2


async def test_a_long_request_is_shown_running_and_again_when_it_ends() -> None:
    async with house() as it:
        it.feed.arrive({EVERYONE})
        slow = exchange(id="slow", ended_by="", status=0, started_at=time.time_ns() // 1000 - 800_000)
        quick = exchange(id="quick")
        it.opened.tell(slow)
        it.opened.tell(quick)
        it.closed.tell(quick)
        await it.layer.wait_for(2)
        slow.ended_by, slow.status = "done", 200
        it.closed.tell(slow)
        await it.layer.wait_for(3)
        told = [(row["id"], row["ended_by"]) for message in it.layer.to("logs.all") for row in message["rows"]]
        assert told == [("quick", "done"), ("slow", ""), ("slow", "done")]


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, MOST_ENDS + 60)), max_size=6))
def test_numbers_rows_and_counts_add_up(bursts: list[tuple[int, int]]) -> None:
    pending = Pending("logs.all", source="s")
    messages = []
    for rows, ends in bursts:
        for number in range(rows):
            pending.add(exchange(id=f"row-{number}"))
        for number in range(ends):
            pending.add_end(exchange(id=f"end-{number}"))
        if text := pending.take():
            messages.append(msgspec.json.decode(text))
    assert sum(len(one["rows"]) + one["left_out"] for one in messages) == sum(map(sum, bursts))
    assert all(len(one["rows"]) <= MOST_ROWS + MOST_ENDS for one in messages)
    for before, after in pairwise(messages):
        assert after["seq"] == before["seq"] + before["left_out"] + len(before["rows"])


def test_the_end_of_a_running_request_is_not_left_out_in_a_burst() -> None:
    pending = Pending("logs.all", source="s")
    pending.add_end(exchange(id="the-end"))
    for number in range(10 * MOST_ROWS):
        pending.add(exchange(id=str(number)))
    assert "the-end" in pending.take()


class SharedPresence:
    """What Redis does for processes, in one process."""

    def __init__(self, table: dict[int, set[int]]) -> None:
        self.table = table

    async def share(self, audiences: Iterable[int]) -> set[int]:
        self.table[id(self)] = set(audiences)
        return set().union(*self.table.values())

    async def aclose(self) -> None:
        del self.table[id(self)]


async def test_a_viewer_in_another_process_is_told_too() -> None:
    table: dict[int, set[int]] = {}
    async with house(SharedPresence(table)) as here, house(SharedPresence(table)) as there:
        there.feed.arrive({3})
        await asyncio.sleep(0.3)
        here.closed.tell(exchange(team_id=3))
        await here.layer.wait_for(1)
        assert [group for group, _ in here.layer.sent] == ["logs.team.3"]
        there.feed.leave({3})
        await asyncio.sleep(0.3)
        here.closed.tell(exchange(team_id=3))
        await asyncio.sleep(0.15)
        assert len(here.layer.sent) == 1


def cost_in_us(call: Callable[[], None], *, calls: int = 20_000) -> float:
    return min(repeat(call, number=calls, repeat=5, timer=time.thread_time)) / calls * 1e6


async def test_listening_costs_a_call_microseconds() -> None:
    told = [exchange(team_id=1) for _ in range(500)]
    at = iter(told * 1000)
    async with house() as it:

        def one_call() -> None:
            one = next(at)
            it.opened.tell(one)
            it.closed.tell(one)

        unwatched = cost_in_us(one_call)
        it.feed.arrive({EVERYONE, 1})
        at = iter(told * 1000)
        watched = cost_in_us(one_call)
    assert unwatched < 6, f"{unwatched:.2f} µs for two listeners"
    assert watched < 6, f"{watched:.2f} µs, to two audiences"
