"""The runtime: it takes over what others change, lives through a database that goes away, and shares token state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from gateway import runtime as module
from gateway.ledger import Ledger
from gateway.models import ApiKey, hash_key
from gateway.runtime import Runtime
from providers import token_store
from providers.errors import RateLimited
from providers.models import ConfigVersion, Provider, Token, TokenState, config_changed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)


@asynccontextmanager
async def running(tmp_path: Path, name: str = "one") -> AsyncIterator[Runtime]:
    made = Runtime(ledger=Ledger(tmp_path / name, consumers=[], segment_bytes=1 << 20, fsync_ms=1000))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def until(fact: Callable[[], Any], *, within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not fact():
            await asyncio.sleep(0.01)


async def elsewhere(work: Callable[[], Any]) -> Any:
    """As another process does it: over a connection of its own, and without the signal that it only sends itself."""

    def run() -> Any:
        receivers, config_changed.receivers = config_changed.receivers, []
        config_changed.sender_receivers_cache.clear()
        try:
            return work()
        finally:
            config_changed.receivers = receivers
            config_changed.sender_receivers_cache.clear()
            connection.close()

    return await asyncio.to_thread(run)


async def test_it_starts_with_what_there_is_and_stops_cleanly(tmp_path: Path) -> None:
    _, secret = await elsewhere(lambda: ApiKey.issue("app"))
    async with running(tmp_path) as one:
        assert one.ready and hash_key(secret) in one.snapshots.keys
    assert not one.ready
    listening = len(config_changed.receivers)
    async with running(tmp_path):
        assert len(config_changed.receivers) == listening + 1


async def test_a_change_of_another_process_is_taken_over(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        key, secret = await elsewhere(lambda: ApiKey.issue("app"))
        await until(lambda: hash_key(secret) in one.snapshots.keys)
        await elsewhere(key.delete)
        await until(lambda: hash_key(secret) not in one.snapshots.keys)


async def test_a_version_that_went_back_with_a_restored_database_is_followed(tmp_path: Path) -> None:
    _, secret = await elsewhere(lambda: ApiKey.issue("app"))
    async with running(tmp_path) as one:
        before = one.snapshots.current.version

        def restore() -> None:
            connection.cursor().execute(f"DELETE FROM {ApiKey._meta.db_table}")
            ConfigVersion.objects.filter(pk=1).update(value=max(0, before - 1))

        await elsewhere(restore)
        await until(lambda: hash_key(secret) not in one.snapshots.keys)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_it_serves_on_while_the_database_is_away_and_recovers_on_a_new_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    answers: list[bool] = []
    closed: list[int] = []  # closed once for every failure: SQLite in memory would not tell

    class Connection:
        def close(self) -> None:
            closed.append(len(answers))
            connection.close()

    async with running(tmp_path) as one:
        refresh = one.snapshots.refresh

        def failing() -> bool:
            answers.append(len(answers) >= 3)
            if not answers[-1]:
                raise error("gone")
            return refresh()

        monkeypatch.setattr(module, "connection", Connection())
        monkeypatch.setattr(one.snapshots, "refresh", failing)
        _, secret = await elsewhere(lambda: ApiKey.issue("app"))
        assert one.ready
        await until(lambda: hash_key(secret) in one.snapshots.keys)
        assert closed == [1, 2, 3], "a connection that failed is not used again"


async def test_a_save_never_fails_because_it_could_not_be_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as one:
        refresh = one.snapshots.refresh

        def broken() -> bool:
            raise OperationalError("gone")

        monkeypatch.setattr(one.snapshots, "refresh", broken)

        def save() -> Any:
            try:
                return ApiKey.issue("app")
            finally:
                connection.close()

        _, secret = await asyncio.to_thread(save)
        monkeypatch.setattr(one.snapshots, "refresh", refresh)
        await until(lambda: hash_key(secret) in one.snapshots.keys)


async def test_what_one_process_learns_of_a_token_the_other_knows(tmp_path: Path) -> None:
    def make() -> Token:
        acme = Provider.objects.create(name="acme", vendor="openai", dispatch="pooled")
        Token.objects.create(provider=acme, secret="one")
        return Token.objects.create(provider=acme, secret="two")

    token = await elsewhere(make)
    async with running(tmp_path) as one, running(tmp_path, "two") as two:
        compiled = one.snapshots.current.catalogue.providers["acme"]
        lease = one.pool.lease(compiled, tried={other.id for other in compiled.tokens} - {token.pk})
        assert lease is not None
        one.pool.release(lease, RateLimited("slow down", retry_after=60))
        await until(lambda: two.pool.condition(token.pk).resting_until)
    row = await elsewhere(lambda: TokenState.objects.get(pk=token.pk))
    assert (row.health, row.reason, row.requests) == (TokenState.Health.COOLING, "slow down", 1)


async def test_what_was_learnt_last_is_written_at_the_stop_and_what_fails_then_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(notes: Any) -> None:
        raise RuntimeError("gone for good")

    async with running(tmp_path) as one:
        monkeypatch.setattr(token_store, "write", away)
    assert not one.ready
