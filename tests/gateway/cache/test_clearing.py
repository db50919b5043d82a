"""``manage.py cache``: what it tells, and that a clearing holds for every process and level."""

from __future__ import annotations

import asyncio
import json
import time
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from gateway.cache.answers import AnswerCache
from gateway.cache.board import FORGOTTEN, MARKS_FILE, Figures, FileBoard, figures_of
from gateway.cache.clearing import clear_disk, mark_cleared
from gateway.cache.compiled import ON, Caching
from gateway.cache.compiling import compile_caching
from gateway.models import ApiKey, Route, Team
from gateway.models.caching import CacheSettings
from tests.gateway.cache.cast import ask, cache, inbound, keep

DISK = Caching(mode=ON, disk_bytes=10**7)
SHARED = Caching(mode=ON, shared=True, disk_bytes=10**7)


def has(answers: AnswerCache, team: int, caching: Caching = DISK) -> bool:
    return ask(answers, inbound(team_id=team), caching=caching).look_now() is not None


async def filled(tmp_path: Path) -> AnswerCache:
    """With an answer of the teams 1 and 2 and one for all, in memory and on disk."""
    answers = cache(tmp_path)
    await answers.start()
    for team in (1, 2):
        keep(ask(answers, inbound(team_id=team), caching=DISK))
    keep(ask(answers, caching=SHARED))
    ask(answers, caching=DISK)
    await answers.later.flush(within=2)
    return answers


async def test_clearing_everything_is_seen_by_a_running_process(tmp_path: Path) -> None:
    answers = await filled(tmp_path)
    mark_cleared("all", None, tmp_path / "cache")
    assert has(answers, 1)  # not yet
    await answers.read_marks()
    assert not (has(answers, 1) or has(answers, 2) or has(answers, 1, SHARED))
    assert len(answers.memory) == 0
    await answers.stop()
    again = cache(tmp_path)
    await again.start()
    assert await ask(again, caching=DISK).look(within=1) is None
    await again.stop()


async def test_clearing_one_team_leaves_the_others(tmp_path: Path) -> None:
    answers = await filled(tmp_path)
    mark_cleared("team:1", None, tmp_path / "cache")
    await answers.read_marks()
    assert not has(answers, 1)
    assert has(answers, 2) and has(answers, 1, SHARED)
    await answers.stop()


async def test_what_was_under_way_when_it_was_cleared_is_not_found_afterwards(tmp_path: Path) -> None:
    answers = await filled(tmp_path)
    late = ask(answers, caching=DISK)
    mark_cleared("all", None, tmp_path / "cache")
    await answers.read_marks()
    keep(late)
    assert not has(answers, 1)
    await answers.stop()


async def test_a_process_sees_a_clearing_within_a_second_by_itself(tmp_path: Path) -> None:
    answers = await filled(tmp_path)
    mark_cleared("all", None, tmp_path / "cache")
    for _ in range(20):
        await asyncio.sleep(0.05)
        if not has(answers, 1):
            break
    assert not has(answers, 1)
    await answers.stop()


async def test_a_marks_file_that_cannot_be_read_is_no_mark(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    board = FileBoard(directory)
    assert await board.marks() == {}
    directory.mkdir()
    for rubbish in (b"", b"[]", b"{", b"\xff"):
        (directory / MARKS_FILE).write_bytes(rubbish)
        assert await FileBoard(directory).marks() == {}
    mark_cleared("team:1", None, directory)
    mark_cleared("team:2", None, directory)
    assert set(json.loads((directory / MARKS_FILE).read_bytes())) == {"team:1", "team:2"}


async def test_figures_are_told_to_whoever_asks_and_forgotten_after_an_hour(tmp_path: Path) -> None:
    answers = await filled(tmp_path)
    has(answers, 1)
    await answers.tell()
    told = figures_of(None, tmp_path / "cache", now=answers.clock())["p1"]
    assert (told.memory, told.stored, told.entries, told.saved_nano) == (1, 3, 3, 500)
    assert told.bytes == answers.memory.bytes > 0
    (tmp_path / "cache" / "figures-broken.json").write_bytes(b"{")
    assert "p1" in figures_of(None, tmp_path / "cache", now=answers.clock())
    assert figures_of(None, tmp_path / "cache", now=answers.clock() + FORGOTTEN + 1) == {}
    assert list((tmp_path / "cache").glob("figures-*")) == []
    await answers.stop()


def test_a_cache_that_nobody_asked_tells_nothing(tmp_path: Path) -> None:
    assert figures_of(None, tmp_path / "cache", now=0) == {}
    assert clear_disk("all", tmp_path / "cache") == 0
    assert not (tmp_path / "cache").exists()


# --- the command ---------------------------------------------------------------------------------------


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("cache", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.CACHE_DIR, settings.REDIS_URL = tmp_path / "cache", ""
    return tmp_path


@pytest.mark.django_db
def test_stats_of_an_unused_cache(data_dir: Path) -> None:
    said = run("stats")
    assert "none asked the cache lately" in said
    assert "When a call asks for it; 3600 s; memory 64 MB, disk 0 MB" in said
    assert "Disk       nothing" in said


@pytest.mark.django_db
def test_stats_tell_hits_savings_and_sizes(data_dir: Path) -> None:
    async def served() -> None:
        answers = await filled(data_dir)
        for _ in range(3):
            has(answers, 1)
        answers.clock = time.time
        await answers.tell()
        await answers.stop()

    asyncio.run(served())
    said = run("stats")
    assert "7 asked the cache, 3 were answered from it (42.9 %)" in said
    assert "memory 3, redis 0, disk 0, similar 0, joined 0" in said
    assert "saved    $0.000002" in said
    assert "Memory     3 answers, 0.0 MB in 1 processes" in said
    assert "Disk       3 answers" in said


@pytest.mark.django_db
def test_clear_asks_first_where_somebody_is_there(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="--yes"):
        run("clear")
    assert not (data_dir / "cache" / MARKS_FILE).exists()
    assert "Cleared every answer: 0 on disk and in Redis" in run("clear", yes=True)
    assert (data_dir / "cache" / MARKS_FILE).exists()


@pytest.mark.django_db
def test_clear_of_a_team_by_its_name(data_dir: Path) -> None:
    team = Team.objects.create(name="Search")
    with pytest.raises(CommandError, match="no team 'Sarch'"):
        run("clear", team="Sarch", yes=True)
    assert "the answers of the team Search" in run("clear", team="Search", yes=True)
    assert set(json.loads((data_dir / "cache" / MARKS_FILE).read_bytes())) == {f"team:{team.pk}"}


@pytest.mark.django_db
def test_without_redis_the_command_says_so_and_does_nothing(data_dir: Path, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for what in ("stats", "clear"):
        with pytest.raises(CommandError, match="REDIS_URL"):
            run(what, yes=True)
    assert not (data_dir / "cache").exists()


# --- the settings --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_settings_are_compiled_as_they_stand() -> None:
    assert compile_caching() == Caching()
    CacheSettings(
        mode="on", seconds=5, share_between_teams=True, join=True, memory_megabytes=1, disk_megabytes=2
    ).save()
    assert compile_caching() == Caching(
        mode="on", seconds=5, shared=True, join=True, memory_bytes=2**20, disk_bytes=2**21
    )


@pytest.mark.django_db
def test_off_is_empty_unless_a_key_or_a_route_has_it_on() -> None:
    CacheSettings(mode="off").save()
    assert compile_caching().empty
    route = Route.objects.create(name="r", cache="on")
    assert not compile_caching().empty
    route.enabled = False
    route.save()
    assert compile_caching().empty
    ApiKey.issue("app", cache="asked")
    assert not compile_caching().empty


def test_figures_without_anything_are_small() -> None:
    assert msgspec.json.encode(Figures()) == b"{}"
