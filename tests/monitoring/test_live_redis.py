"""Several processes: viewers and requests meet through Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers, get_channel_layer

from gateway.events import Topic
from gateway.exchange import Exchange
from monitoring.live import feed, presence, worker
from monitoring.live.access import EVERYONE
from monitoring.live.presence import RedisPresence
from monitoring.live.sources import Sources
from providers.happenings import Happening
from tests.monitoring.live_cast import Viewer, close_connections, exchange, person, session_of

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
async def no_connection_stays() -> AsyncIterator[None]:
    yield
    await close_connections()


async def test_processes_learn_what_is_watched_elsewhere_and_forget_the_dead(redis_url: str) -> None:
    here, there = RedisPresence(redis_url), RedisPresence(redis_url)
    assert await here.share([]) == set()
    assert await there.share([EVERYONE, 7]) == {EVERYONE, 7}
    assert await here.share([3]) == {EVERYONE, 3, 7}
    await there.aclose()
    await asyncio.sleep(presence.KEPT_SECONDS + 1.1)
    assert await here.share([3]) == {3}
    await here.aclose()


async def test_a_viewer_sees_a_request_of_another_process(redis_url: str) -> None:
    session = await sync_to_async(lambda: session_of(person("ada", staff=True)))()
    channel_layers.backends = {}
    await feed.start()
    elsewhere = feed.Feed(get_channel_layer(), presence=RedisPresence(redis_url), round_seconds=0.1)
    closed: Topic[Exchange] = Topic("closed")
    elsewhere.start(opened=Topic("opened"), closed=closed)
    viewer = Viewer(session)
    await viewer.connect()
    await viewer.next()
    telling = asyncio.create_task(tell_again_and_again(closed))
    try:
        assert (await viewer.next_rows())["rows"][0]["id"] == "elsewhere"
    finally:
        telling.cancel()
        await viewer.leave()
        await elsewhere.stop()
        await feed.stop()
        await get_channel_layer().flush()
        channel_layers.backends = {}


async def tell_again_and_again(closed: Topic[Exchange]) -> None:
    """Until it is known there that someone watches here."""
    while True:
        closed.tell(exchange(id="elsewhere"))
        await asyncio.sleep(0.1)


async def test_what_a_worker_process_tells_reaches_viewers_of_a_web_process(redis_url: str) -> None:
    session = await sync_to_async(lambda: session_of(person("ada", staff=True)))()
    channel_layers.backends = {}
    await feed.start()
    its_own: Topic[Happening] = Topic("happened in the worker")
    apart = worker.WorkerFeed(redis_url, sources=Sources(providers=its_own))
    await asyncio.to_thread(apart.start)
    viewer = Viewer(session)
    await viewer.connect()
    await viewer.next()
    told = Happening(kind="pool", provider="openai", after="low", reason="1 of 3", at=time.time())
    telling = asyncio.create_task(tell_in_a_thread(its_own, told))
    try:
        while (message := await viewer.next())["type"] != "events":
            pass
        assert message["events"][0]["title"] == "Few tokens left in the pool"
    finally:
        telling.cancel()
        await viewer.leave()
        await asyncio.to_thread(apart.stop)
        await feed.stop()
        await get_channel_layer().flush()
        channel_layers.backends = {}


async def tell_in_a_thread(topic: Topic[Happening], told: Happening) -> None:
    """As a task does, until it is known there that someone watches here."""
    while True:
        await asyncio.to_thread(topic.tell, told)
        await asyncio.sleep(0.1)
