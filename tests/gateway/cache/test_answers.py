"""The cache as a call meets it: what is kept, what is given again, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.asked import Asked
from gateway.cache.compiled import NO_CACHING, ON, Caching
from gateway.cache.entry import Units
from gateway.cache.found import Found
from gateway.cache.keeping import LARGEST
from gateway.errors import CallerError
from gateway.exchange import Exchange
from gateway.operations.embeddings import Embeddings
from providers.canonical import Finish, Usage
from tests.gateway.cache.cast import ALWAYS, BODY, Clock, ask, cache, inbound, keep, wanted

CONTROL, TTL = "HTTP_CACHE_CONTROL", "HTTP_X_CACHE_TTL"


def found(asked: Asked) -> Found:
    given_back = asked.look_now()
    assert given_back is not None
    return given_back


def test_an_answer_is_given_again_to_the_same_request(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, clock=clock)
    first = ask(answers)
    assert first.look_now() is None
    assert first.headers() == ((b"x-switchboard-cache", b"miss"),)
    usage = Usage(input=5, output=7, cached_input=1)
    first.keeping().add(b"{}")
    kept = first.keeping().done(
        finish="stop", cost_nano=500, provider="acme", model="m1", vendor="openai", wire="openai", usage=usage
    )
    assert kept
    clock.now += 12.7
    again = found(ask(answers))
    assert again.body == b"{}"
    assert again.headers() == ((b"x-switchboard-cache", b"hit"), (b"age", b"12"))
    assert again.entry.units == Units(input=5, output=7, cached_input=1)
    exchange = Exchange(id="x", started_at=0)
    again.book(exchange)
    assert (exchange.cache, exchange.saved_nano, exchange.provider, exchange.vendor) == ("hit", 500, "acme", "openai")
    assert (exchange.model, exchange.wire, exchange.finish) == ("m1", "openai", "stop")
    assert (answers.figures.asked, answers.figures.memory, answers.figures.saved_nano) == (2, 1, 500)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40_000), min_size=1, max_size=8))
async def test_a_stream_is_replayed_with_the_same_bytes(pieces: list[bytes]) -> None:
    answers = cache(Path("/nonexistent"))
    call = inbound({**BODY, "stream": True})
    assert keep(ask(answers, call), *pieces)
    again = found(ask(answers, call))
    assert again.entry.stream
    assert b"".join(again.pieces) == b"".join(pieces) == again.body
    assert ask(answers).look_now() is None  # a whole answer is another thing


WELL = ("stop", "tool_calls")


@pytest.mark.parametrize("finish, kept", [(one, one in WELL) for one in (*Finish, None, "stop", "")])
def test_only_answers_that_ended_well_are_kept(tmp_path: Path, finish: Any, kept: bool) -> None:
    answers = cache(tmp_path)
    assert keep(ask(answers), finish=finish) is kept
    assert (ask(answers).look_now() is not None) is kept
    assert answers.figures.unfit == (not kept)


def test_what_does_not_chat_need_not_say_how_it_ended(tmp_path: Path) -> None:
    call = inbound(operation=Embeddings({"model": "m1", "input": "Hi"}))
    assert keep(ask(cache(tmp_path), call), finish=None)


def test_of_several_choices_none_may_have_been_filtered(tmp_path: Path) -> None:
    call = inbound({**BODY, "n": 2})
    assert not keep(ask(cache(tmp_path), call), b'{"finish_reason":"stop"},', b'{"finish_reason":"content_filter"}')
    assert keep(ask(cache(tmp_path), call), b'{"finish_reason":"stop"},{"finish_reason":"stop"}')


def test_nothing_is_kept_of_a_call_that_failed_or_whose_app_left(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    asked = ask(answers)
    asked.keeping().add(b"half")
    asked.keeping().dropped()
    assert not asked.keeping().done(finish="stop", cost_nano=1, provider="p", model="m")
    asked.leave()
    assert ask(answers).look_now() is None


def test_neither_an_empty_nor_a_huge_answer_is_kept(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    assert not ask(answers).keeping().done(finish="stop", cost_nano=1, provider="p", model="m")
    assert not keep(ask(answers), b"x" * LARGEST, b"x")


def test_an_answer_is_given_until_its_time_is_over(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, clock=clock)
    keep(ask(answers, headers={TTL: "60"}))
    clock.now += 59
    assert ask(answers).look_now() is not None
    clock.now += 1
    assert ask(answers).look_now() is None


def test_a_call_gets_nothing_older_than_it_wants(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, clock=clock)
    keep(ask(answers))
    clock.now += 60
    assert ask(answers, headers={CONTROL: "max-age=59"}).look_now() is None
    assert ask(answers, headers={CONTROL: "max-age=60"}).look_now() is not None
    assert ask(answers, headers={TTL: "59"}).look_now() is None


def test_a_shorter_time_holds_for_what_is_kept_already(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, clock=clock)
    keep(ask(answers))
    clock.now += 60
    assert ask(answers, caching=Caching(mode=ON, seconds=59)).look_now() is None
    assert ask(answers, caching=Caching(mode=ON, seconds=60)).look_now() is not None


async def test_a_refresh_takes_the_place_of_what_was_kept(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    keep(ask(answers), b"old")
    refresh = ask(answers, headers={CONTROL: "no-cache"})
    assert refresh.look_now() is None and await refresh.look(within=1) is None
    assert refresh.headers() == ((b"x-switchboard-cache", b"refresh"),)
    keep(refresh, b"new")
    assert found(ask(answers)).body == b"new"


async def test_only_if_cached_is_a_504_where_nothing_is(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    only = {CONTROL: "only-if-cached"}
    with pytest.raises(CallerError, match="no answer to this request in the cache") as refused:
        await ask(answers, headers=only).look(within=1)
    assert (refused.value.status, refused.value.code) == (504, "not_cached")
    for call, caching in ((inbound(), NO_CACHING), (inbound({**BODY, "store": True}), ALWAYS)):
        with pytest.raises(CallerError):
            wanted(answers, call, headers=only, caching=caching)
    keep(ask(answers))
    assert await ask(answers, headers=only).look(within=1) is not None


def test_a_call_that_asks_for_nothing_is_none_of_its_business(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    assert wanted(answers, caching=Caching()) is None
    assert wanted(answers, caching=NO_CACHING, headers={TTL: "60"}) is None
    assert answers.figures.asked == 0


def test_settings_hold_at_once(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    keep(ask(answers))
    assert ask(answers, caching=Caching(mode=ON, memory_bytes=0)).look_now() is None
    assert len(answers.memory) == 0


def test_teams_share_only_where_it_is_set(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    keep(ask(answers))
    assert ask(answers, inbound(team_id=2)).look_now() is None
    shared = Caching(mode=ON, shared=True)
    keep(ask(answers, caching=shared), b"shared")
    assert found(ask(answers, inbound(team_id=2), caching=shared)).body == b"shared"
    assert found(ask(answers)).body == b'{"answer": 1}'


# --- the levels together -------------------------------------------------------------------------------

DISK = Caching(mode=ON, disk_bytes=10**7)


async def test_what_is_on_disk_is_found_after_a_restart(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    await answers.start()
    keep(ask(answers, caching=DISK))
    await answers.stop()
    again = cache(tmp_path)
    await again.start()
    asked = ask(again, caching=DISK)
    assert asked.look_now() is None
    given_back = await asked.look(within=1)
    assert given_back is not None
    assert (given_back.how, given_back.level, given_back.saved_nano) == ("hit", "disk", 500)
    assert ask(again, caching=DISK).look_now() is not None  # in memory from now on
    assert await ask(again, inbound(team_id=2), caching=DISK).look(within=1) is None
    await again.stop()


async def test_the_disk_keeps_what_is_over_no_longer(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, clock=clock)
    await answers.start()
    keep(ask(answers, caching=DISK))
    await answers.stop()
    clock.now += 3600
    again = cache(tmp_path, clock=clock)
    await again.start()
    assert await ask(again, caching=DISK).look(within=1) is None
    await again.stop()


async def test_before_it_is_known_what_was_cleared_nothing_of_others_is_given(tmp_path: Path) -> None:
    answers = cache(tmp_path)
    await answers.start()
    keep(ask(answers, caching=DISK))
    await answers.stop()
    again = cache(tmp_path)
    assert await ask(again, caching=DISK).look(within=1) is None
    await again.disk.stop()
