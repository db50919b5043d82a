"""The disk: bounded, shared by processes, and never an error of a call."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.cache.disk import DiskLevel
from gateway.cache.entry import name_of, seal
from gateway.cache.resting import Resting
from gateway.cache.store import FILE, ROW, Store
from tests.gateway.cache.cast import Clock, entry

LIMIT = 100_000


def put(
    store: Store, name: str, size: int = 700, *, now: float = 0, expires: float = 100, scope: str = "team:1"
) -> bool:
    return store.put(name, b"x" * size, scope=scope, expires=expires, now=now, limit=LIMIT)


def test_it_gives_what_it_was_given_until_its_time_is_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "a", 3)
    assert store.get("a", now=99) == b"xxx"
    assert store.get("a", now=100) is None
    assert store.get("b", now=0) is None
    assert store.totals() == (1, 3 + ROW, 0)
    store.close()


def test_the_longest_unused_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(100):
        put(store, f"n{number}", now=number, expires=10_000)
    store.get("n0", now=100)  # used again
    for number in range(100, 120):
        put(store, f"n{number}", now=200 + number, expires=10_000)
    entries, size, evicted = store.totals()
    assert size <= LIMIT and evicted + entries == 120
    assert store.get("n0", now=400) is not None
    assert store.get("n1", now=400) is None
    assert store.get("n119", now=400) is not None
    store.close()


def test_what_is_over_goes_before_what_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "old but good", now=0, expires=10_000)
    for number in range(120):
        put(store, f"n{number}", now=number + 1, expires=number + 2)
    assert store.get("old but good", now=200) is not None
    store.close()


def test_one_answer_never_takes_more_than_a_tenth(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not put(store, "large", LIMIT // 10)
    store.close()


def test_put_again_counts_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "a", 10)
    put(store, "a", 20)
    assert store.totals() == (1, 20 + ROW, 0)
    store.drop("a")
    assert store.totals() == (0, 0, 0)
    store.close()


def test_clearing_takes_one_teams_or_all(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "a", scope="team:1")
    put(store, "b", scope="team:2")
    assert store.clear("team:1") == 1
    assert store.get("a", now=0) is None and store.get("b", now=0) is not None
    assert store.clear() == 1
    assert store.totals()[:2] == (0, 0)
    store.close()


def test_a_smaller_limit_makes_the_file_smaller(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(100):
        store.put(f"n{number}", b"x" * 9000, scope="team:1", expires=100, now=number, limit=10**6)
    before = store._db.execute("PRAGMA page_count").fetchone()[0]
    store.trim(50_000, now=99)
    assert store.totals()[1] <= 50_000
    assert store._db.execute("PRAGMA page_count").fetchone()[0] < before / 3
    store.close()


def test_two_connections_write_at_once_and_lose_nothing(tmp_path: Path) -> None:
    def writes(name: str) -> None:
        store = Store(tmp_path, patience=10)
        for number in range(40):
            put(store, f"{name}{number}", 10)
        store.close()

    Store(tmp_path).get("a", now=0)
    threads = [threading.Thread(target=writes, args=(name,)) for name in "ab"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    store = Store(tmp_path)
    assert store.totals() == (80, 80 * (10 + ROW), 0)
    store.close()


def test_its_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    put(store, "a")
    assert (tmp_path / "cache").stat().st_mode & 0o77 == 0
    assert (tmp_path / "cache" / FILE).stat().st_mode & 0o77 == 0
    store.close()


# --- the level -----------------------------------------------------------------------------------------


async def level(tmp_path: Path) -> DiskLevel:
    made = DiskLevel(tmp_path, Resting("the disk"), clock=Clock())
    made.limit = LIMIT
    return made


async def kept(disk: DiskLevel) -> bool:
    made = entry()
    return await disk.put(made, seal(made), name=name_of(made.key), now=1_000_000)


async def got(disk: DiskLevel) -> bool:
    made = entry()
    return await disk.get(made.key, scope=made.scope, name=name_of(made.key)) == made


async def test_an_entry_is_kept_encrypted_and_found_again(tmp_path: Path) -> None:
    disk = await level(tmp_path)
    assert await kept(disk)
    assert await got(disk)
    await disk.stop()
    assert b"acme" not in (tmp_path / FILE).read_bytes()
    again = await level(tmp_path)
    assert await got(again)
    await again.stop()


async def test_a_damaged_entry_is_a_miss_and_goes(tmp_path: Path) -> None:
    disk = await level(tmp_path)
    await kept(disk)
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE entries SET sealed = ?", (b"rubbish",))
    database.close()
    assert not await got(disk)
    assert await kept(disk)
    assert await got(disk)
    await disk.stop()


async def test_an_entry_moved_to_another_name_is_a_miss(tmp_path: Path) -> None:
    disk = await level(tmp_path)
    mine, other = entry(), entry(b"o" * 32)
    await disk.put(other, seal(other), name=name_of(mine.key), now=1_000_000)
    assert not await got(disk)
    await disk.stop()


async def test_a_damaged_file_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    disk = await level(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert not await got(disk)
    assert "the disk does not answer (DatabaseError)" in caplog.text
    disk._resting.well()
    assert await kept(disk)
    assert await got(disk)
    await disk.stop()


async def test_a_disk_that_cannot_be_written_is_left_alone_for_a_while(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    disk = DiskLevel(tmp_path / "file" / "below", Resting("the disk"), clock=Clock())
    disk.limit = LIMIT
    assert not await kept(disk)
    assert not disk.usable
    await disk.stop()


async def test_a_disk_that_hangs_costs_a_call_a_quarter_of_a_second(tmp_path: Path) -> None:
    disk = await level(tmp_path)
    hangs = threading.Event()
    disk._store.get = lambda name, now: hangs.wait(5) and None  # type: ignore[method-assign]
    began = asyncio.get_running_loop().time()
    assert not await got(disk)
    assert asyncio.get_running_loop().time() - began < 1
    assert not disk.usable
    hangs.set()
    await disk.stop()


async def test_off_keeps_nothing_and_can_be_cleared(tmp_path: Path) -> None:
    disk = await level(tmp_path)
    await kept(disk)
    disk.limit = 0
    assert not disk.usable and not await kept(disk)
    await disk.clear()
    disk.limit = LIMIT
    assert not await got(disk)
    await disk.stop()


def test_a_process_killed_while_it_writes_leaves_a_good_file(tmp_path: Path) -> None:
    writes = (
        "import sys; from pathlib import Path; from gateway.cache.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "for n in range(10**6): store.put(f'n{n}', b'x' * 900, scope='s', expires=1e12, now=n, limit=10**6)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", writes, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(0.3)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    process.stdout.close()
    store = Store(tmp_path)
    entries, size, _ = store.totals()
    assert entries > 0 and size == entries * (900 + ROW) <= 10**6
    assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    store.close()
