"""The socket: who gets in, what each sees, and that a bad viewer harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.sessions import SessionMiddlewareStack
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session

from gateway.events import exchange_closed
from gateway.models import Team
from monitoring.live.consumer import BACKLOG_ROWS, OUTBOX_MESSAGES, LogConsumer
from tests.monitoring.live_cast import (
    Viewer,
    close_connections,
    exchange,
    live_feed,
    log_row,
    members_of,
    person,
    session_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def no_connection_stays() -> AsyncIterator[None]:
    yield
    await close_connections()


@pytest.fixture
def blue() -> Team:
    return Team.objects.create(name="blue")


@pytest.fixture
def red() -> Team:
    return Team.objects.create(name="red")


@pytest.fixture
def staff() -> str:
    return session_of(person("ada", staff=True))


def quick_application(**seconds: float) -> Any:
    return SessionMiddlewareStack(LogConsumer.as_asgi(**seconds))


async def test_staff_see_every_request(staff: str) -> None:
    async with live_feed():
        viewer = Viewer(staff)
        assert await viewer.connect()
        assert await viewer.next() == {"type": "backlog", "rows": [], "events": []}
        exchange_closed.tell(exchange(id="with-team", team_id=5))
        exchange_closed.tell(exchange(id="without"))
        assert [row["id"] for row in (await viewer.next_rows())["rows"]] == ["with-team", "without"]
        await viewer.leave()


async def test_a_member_sees_the_own_teams_requests_only(blue: Team, red: Team) -> None:
    await sync_to_async(log_row)(team_id=blue.pk, model="logged-blue")
    await sync_to_async(log_row)(team_id=red.pk, model="logged-red")
    await sync_to_async(log_row)(team_id=0, model="logged-none")
    session = await sync_to_async(lambda: session_of(person("bob", teams=[blue])))()
    async with live_feed():
        viewer = Viewer(session)
        await viewer.connect()
        assert [row["model"] for row in (await viewer.next())["rows"]] == ["logged-blue"]
        exchange_closed.tell(exchange(id="of-red", team_id=red.pk))
        exchange_closed.tell(exchange(id="of-none"))
        exchange_closed.tell(exchange(id="of-blue", team_id=blue.pk))
        assert [row["id"] for row in (await viewer.next_rows())["rows"]] == ["of-blue"]
        assert await viewer.hears_nothing()
        await viewer.leave()


async def test_a_member_of_two_teams_sees_both(blue: Team, red: Team) -> None:
    session = await sync_to_async(lambda: session_of(person("bob", teams=[blue, red])))()
    async with live_feed():
        viewer = Viewer(session)
        await viewer.connect()
        await viewer.next()
        exchange_closed.tell(exchange(id="of-red", team_id=red.pk))
        exchange_closed.tell(exchange(id="of-blue", team_id=blue.pk))
        messages = [await viewer.next_rows(), await viewer.next_rows()]
        assert {row["id"] for message in messages for row in message["rows"]} == {"of-red", "of-blue"}
        await viewer.leave()


async def test_who_belongs_to_no_team_is_refused() -> None:
    session = await sync_to_async(lambda: session_of(person("eve")))()
    async with live_feed() as feed:
        viewer = Viewer(session)
        await viewer.connect()
        assert await viewer.closed() == 4403
        assert feed.viewers == 0


@pytest.mark.parametrize("session", ["", "no-such-session"])
async def test_who_is_not_signed_in_is_refused(session: str) -> None:
    async with live_feed():
        viewer = Viewer(session)
        await viewer.connect()
        assert await viewer.closed() == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:5000", "null", "", "http://127.0.0.1:x"])
async def test_another_pages_origin_is_refused_before_anything_else(staff: str, origin: str) -> None:
    async with live_feed() as feed:
        assert not await Viewer(staff, origin=origin).connect()
        assert feed.viewers == 0


async def test_an_unknown_address_is_refused(staff: str) -> None:
    assert not await Viewer(staff, path="/ws/nothing/").connect()


async def test_the_backlog_is_the_newest_rows_and_live_ones_come_after(staff: str) -> None:
    for _ in range(BACKLOG_ROWS + 5):
        await sync_to_async(log_row)()
    newest = await sync_to_async(log_row)(model="newest")
    async with live_feed():
        viewer = Viewer(staff)
        await viewer.connect()
        exchange_closed.tell(exchange(id="live"))
        backlog = await viewer.next()
        assert len(backlog["rows"]) == BACKLOG_ROWS
        assert backlog["rows"][-1]["id"] == str(newest.pk)
        await viewer.leave()


async def test_rows_written_a_little_late_come_in_a_second_backlog(staff: str) -> None:
    early = await sync_to_async(log_row)()
    async with live_feed():
        viewer = Viewer(staff, application=quick_application(late=0.2))
        await viewer.connect()
        assert [row["id"] for row in (await viewer.next())["rows"]] == [str(early.pk)]
        late = await sync_to_async(log_row)()
        second = await viewer.next()
        assert (second["type"], [row["id"] for row in second["rows"]]) == ("backlog", [str(late.pk)])
        await viewer.leave()


def sign_out(_: Team) -> None:
    Session.objects.all().delete()


def change_password(_: Team) -> None:
    user = get_user_model().objects.get(username="bob")
    user.set_unusable_password()
    user.save()


def deactivate(_: Team) -> None:
    get_user_model().objects.filter(username="bob").update(is_active=False)


def take_out_of_team(blue: Team) -> None:
    blue.members.clear()


def make_staff(_: Team) -> None:
    get_user_model().objects.filter(username="bob").update(is_staff=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [(sign_out, 4401), (change_password, 4401), (deactivate, 4401), (take_out_of_team, 4403), (make_staff, 4409)],
)
async def test_a_viewer_whose_rights_change_is_sent_away(blue: Team, change: Callable[[Team], None], code: int) -> None:
    session = await sync_to_async(lambda: session_of(person("bob", teams=[blue])))()
    async with live_feed() as feed:
        viewer = Viewer(session, application=quick_application(recheck=0.1, late=0))
        await viewer.connect()
        while (await viewer.next())["type"] != "alive":
            pass
        await sync_to_async(change)(blue)
        assert await viewer.closed() == code
        await viewer.socket.wait(timeout=5)
        assert feed.viewers == 0
        assert members_of(f"logs.team.{blue.pk}") == 0


async def test_a_viewer_that_the_layer_forgot_joins_again(staff: str) -> None:
    async with live_feed():
        viewer = Viewer(staff, application=quick_application(recheck=0.1, late=0))
        await viewer.connect()
        await viewer.next()
        get_channel_layer().groups.clear()
        await viewer.next()
        await viewer.next()
        assert members_of("logs.all") == 1
        await viewer.leave()


async def test_a_viewer_who_speaks_is_sent_away(staff: str) -> None:
    async with live_feed():
        viewer = Viewer(staff)
        await viewer.connect()
        await viewer.next()
        await viewer.say("let me in")
        assert await viewer.closed() == 1003


async def test_leaving_is_noticed(staff: str) -> None:
    async with live_feed() as feed:
        viewer = Viewer(staff)
        await viewer.connect()
        await viewer.next()
        assert (feed.viewers, members_of("logs.all")) == (1, 1)
        await viewer.leave()
        assert (feed.viewers, members_of("logs.all")) == (0, 0)


async def test_without_a_feed_a_viewer_is_asked_to_come_again(staff: str) -> None:
    viewer = Viewer(staff)
    await viewer.connect()
    assert await viewer.closed() == 1013


async def test_a_dead_viewer_blocks_nobody_and_is_let_go(staff: str) -> None:
    """Its peer takes nothing: the server's send never returns."""
    async with live_feed() as feed:
        dead = asyncio.create_task(run_dead_viewer(staff))
        viewer = Viewer(staff)
        await viewer.connect()
        await viewer.next()
        async with asyncio.timeout(5):
            while feed.viewers < 2:
                await asyncio.sleep(0.01)
        for number in range(5):
            exchange_closed.tell(exchange(id=str(number)))
            assert [row["id"] for row in (await viewer.next_rows())["rows"]] == [str(number)]
        await asyncio.wait_for(dead, 5)
        assert feed.viewers == 1
        await viewer.leave()


async def run_dead_viewer(session: str) -> None:
    async def send(event: dict[str, Any]) -> None:
        if event["type"] != "websocket.accept":
            await asyncio.get_running_loop().create_future()

    await quick_application(stuck=0.5)(scope_of(session), connect_and_wait(), send)


def scope_of(session: str) -> dict[str, Any]:
    headers = [(b"cookie", f"sessionid={session}".encode())]
    return {"type": "websocket", "path": "/", "headers": headers, "query_string": b""}


def connect_and_wait() -> Callable[[], Awaitable[dict[str, Any]]]:
    connects = iter([{"type": "websocket.connect"}])

    async def receive() -> dict[str, Any]:
        for event in connects:
            return event
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    return receive


async def test_a_slow_viewer_loses_the_oldest_messages(staff: str) -> None:
    heard: list[str] = []
    taking = asyncio.Event()

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            await taking.wait()
            heard.append(event["text"])

    async with live_feed() as feed:
        slow = asyncio.create_task(quick_application()(scope_of(staff), connect_and_wait(), send))
        async with asyncio.timeout(5):
            while feed.viewers < 1 or members_of("logs.all") < 1:
                await asyncio.sleep(0.01)
        for number in range(60):
            await get_channel_layer().group_send("logs.all", {"type": "log.rows", "text": str(number)})
            await asyncio.sleep(0.001)
        taking.set()
        async with asyncio.timeout(5):
            while len(heard) < 1 + OUTBOX_MESSAGES:
                await asyncio.sleep(0.01)
        assert heard[1:] == [str(number) for number in range(60 - OUTBOX_MESSAGES, 60)]
        slow.cancel()
        await asyncio.wait({slow})
        assert feed.viewers == 0
