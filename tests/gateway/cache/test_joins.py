"""Identical calls in flight, against a model: one is sent at a time, every other waits, none is forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.answers import AnswerCache
from gateway.cache.asked import Asked
from gateway.cache.compiled import ON, Caching
from gateway.cache.found import Found
from gateway.errors import DeadlineExceeded
from providers.canonical import Finish
from tests.gateway.cache.cast import BODY, ask, cache, inbound, keep

JOINING = Caching(mode=ON, join=True)
NOWHERE = Path("/nonexistent")


async def settled() -> None:
    """Everything that can go on has gone on."""
    for _ in range(12):
        await asyncio.sleep(0)


class Round:
    """Calls for one request, and what became of each."""

    def __init__(self, *, memory: bool = True) -> None:
        caching = JOINING if memory else Caching(mode=ON, join=True, memory_bytes=0)
        self.answers = cache(NOWHERE)
        self.caching = caching
        self.calls: list[tuple[Asked, asyncio.Task[Found | None]]] = []
        self.left: set[int] = set()
        self.ended: set[int] = set()

    async def come(self) -> None:
        asked = ask(self.answers, caching=self.caching)
        self.calls.append((asked, asyncio.ensure_future(asked.look(within=60))))
        await settled()

    def sent(self) -> list[int]:
        """Calls that were told to go to a vendor and have no answer yet."""
        return [
            number
            for number, (_, task) in enumerate(self.calls)
            if number not in self.ended | self.left and task.done() and not task.cancelled() and task.result() is None
        ]

    def waiting(self) -> list[int]:
        return [number for number, (_, task) in enumerate(self.calls) if not task.done()]

    async def end(self, number: int, how: str) -> None:
        asked = self.calls[number][0]
        self.ended.add(number)
        if how == "done":
            keep(asked)
        elif how == "unfit":
            keep(asked, finish=Finish.CONTENT_FILTER)
        else:
            asked.leave()
        await settled()

    async def leave(self, number: int) -> None:
        """The app of one that waits hangs up."""
        self.left.add(number)
        self.calls[number][1].cancel()
        await settled()


STEPS = st.lists(st.sampled_from(["come", "come", "done", "failed", "unfit", "leave"]), max_size=25)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.booleans(), st.randoms(use_true_random=False))
def test_at_most_one_is_sent_and_nobody_waits_for_nobody(steps: list[str], memory: bool, chance: object) -> None:
    asyncio.run(played(steps, memory=memory, chance=chance))


async def played(steps: list[str], *, memory: bool, chance: object) -> None:
    game = Round(memory=memory)
    alone = 0  # those that an answer for nobody else has set free
    for step in steps:
        if step == "come":
            await game.come()
        elif step == "leave" and game.waiting():
            await game.leave(chance.choice(game.waiting()))  # type: ignore[attr-defined]
        elif step in ("done", "failed", "unfit") and game.sent():
            waited = game.waiting()
            await game.end(chance.choice(game.sent()), step)  # type: ignore[attr-defined]
            if step == "unfit":
                alone += len([one for one in waited if one in game.sent()])
        if alone == 0:
            assert len(game.sent()) <= 1
        if game.waiting():
            assert game.sent(), "somebody waits and nobody is sent"
        assert len(game.answers.flights) <= 1
    for _ in range(len(game.calls) + 1):
        for number in game.sent():
            await game.end(number, "done")
    assert not game.waiting()
    assert len(game.answers.flights) == 0
    got = {task.result().body for _, task in game.calls if not task.cancelled() and task.result() is not None}
    assert got <= {b'{"answer": 1}'}


async def test_the_others_get_the_first_ones_answer_and_its_worth() -> None:
    game = Round()
    for _ in range(4):
        await game.come()
    await game.end(0, "done")
    found = [task.result() for _, task in game.calls[1:]]
    assert [(one.how, one.saved_nano) for one in found if one is not None] == [("joined", 500)] * 3
    assert game.answers.figures.joined == 3
    await game.come()
    last = game.calls[-1][1].result()
    assert last is not None and last.how == "hit"


async def test_when_the_first_fails_the_next_is_sent_and_the_others_wait_on() -> None:
    game = Round()
    for _ in range(4):
        await game.come()
    await game.end(0, "failed")
    assert game.sent() == [1]
    assert game.waiting() == [2, 3]


async def test_an_answer_that_grew_too_large_sets_the_others_free_at_once() -> None:
    game = Round()
    for _ in range(3):
        await game.come()
    keeping = game.calls[0][0].keeping()
    for _ in range(9):
        keeping.add(b"x" * 2**20)
    await settled()
    assert game.sent() == [0, 1, 2]
    assert not keeping.done(finish=Finish.STOP, cost_nano=1, provider="p", model="m")


async def test_who_waits_waits_no_longer_than_its_call_may_take() -> None:
    game = Round()
    await game.come()
    with pytest.raises(DeadlineExceeded):
        await ask(game.answers, caching=JOINING).look(within=0.01)
    assert game.sent() == [0]


async def test_nobody_joins_where_it_is_not_set_or_the_request_is_another() -> None:
    game = Round()
    await game.come()
    assert await ask(game.answers, inbound({**BODY, "seed": 1}), caching=JOINING).look(within=1) is None
    assert await ask(game.answers).look(within=1) is None
    assert await ask(game.answers, inbound(team_id=2), caching=JOINING).look(within=1) is None
    only = ask(game.answers, caching=JOINING, headers={"HTTP_CACHE_CONTROL": "no-cache"})
    assert await only.look(within=1) is None


async def test_a_leader_that_leaves_while_it_looks_further_wakes_the_next(tmp_path: Path) -> None:
    class Slow:
        name, usable = "redis", True

        async def get(self, key: bytes, *, scope: str, name: str) -> None:
            await asyncio.sleep(30)

        async def put(self, *_: object, **__: object) -> bool:
            return False

    answers: AnswerCache = cache(tmp_path)
    answers.levels, answers.marks_known = (Slow(),), True
    leader = asyncio.ensure_future(ask(answers, caching=JOINING).look(within=60))
    await settled()
    follower = asyncio.ensure_future(ask(answers, caching=JOINING).look(within=60))
    await settled()
    leader.cancel()
    answers.levels = ()
    assert await follower is None
    assert leader.cancelled()
