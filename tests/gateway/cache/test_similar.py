"""Similar requests: only the last question may differ, and only in its words."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.asked import Asked
from gateway.cache.compiled import ON, Caching
from gateway.cache.similar import MOST_IN_GROUP, Similar, cosine, question_of, vector
from gateway.caller import Caller
from gateway.errors import BudgetExceeded
from providers.errors import VendorTimeout
from tests.gateway.cache.cast import BODY, Clock, ask, cache, inbound, keep, route, snapshot

CACHING = Caching(mode=ON, similar_model="embedder", similar_threshold=0.9)
RUDE = {"role": "system", "content": "Be rude"}
KNOWN = snapshot(route("r", (1, "m1"), cache_similar=True), route("exact", (1, "m1")))


def body(question: Any, model: str = "r", **more: Any) -> dict[str, Any]:
    return {**BODY, "model": model, "messages": [{"role": "user", "content": question}], **more}


class Meaning:
    """An embeddings model that knows a few words. Counts how often it was asked."""

    words = ("capital", "france", "germany", "weather", "apples")

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: Exception | None = None

    async def __call__(self, text: str, model: str, caller: Caller) -> Sequence[float]:
        self.asked.append(text)
        assert model == "embedder"
        if self.fails is not None:
            raise self.fails
        return [float(text.lower().count(word)) for word in self.words] + [0.1]


async def missed(asked: Asked) -> bool:
    return asked.look_now() is None and await asked.look(within=5) is None


async def test_a_question_in_other_words_gets_the_same_answer(tmp_path: Path) -> None:
    meaning = Meaning()
    answers = cache(tmp_path, embed=meaning)
    first = ask(answers, inbound(body("What is the capital of France?")), known=KNOWN, caching=CACHING)
    assert await missed(first)
    keep(first)
    again = ask(answers, inbound(body("The capital of France, please")), known=KNOWN, caching=CACHING)
    found = await again.look(within=5)
    assert found is not None
    assert (found.how, found.body, found.saved_nano) == ("similar", b'{"answer": 1}', 500)
    assert answers.figures.similar == 1
    other = ask(answers, inbound(body("What is the capital of Germany?")), known=KNOWN, caching=CACHING)
    assert await missed(other)


async def test_the_same_question_asks_no_embeddings_model(tmp_path: Path) -> None:
    meaning = Meaning()
    answers = cache(tmp_path, embed=meaning)
    for _ in range(2):
        asked = ask(answers, inbound(body("capital of France")), known=KNOWN, caching=CACHING)
        if asked.look_now() is None:
            assert await asked.look(within=5) is None
            keep(asked)
    assert len(meaning.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"call": body("capital of France", temperature=1)},
        {"call": body("capital of France", "exact")},
        {"call": body("capital of France", tools=[{"type": "function"}])},
        {"call": body("capital of France", stream=True)},
        {"call": {**body(""), "messages": [RUDE, *body("capital of France")["messages"]]}},
        {"call": body("capital of France in 2024")},
        {"call": body([{"type": "text", "text": "capital of France"}])},
        {"call": body("capital of France"), "team_id": 2},
        {"call": body("capital of France"), "allowed_models": ("r",)},
    ],
)  # fmt: skip
async def test_everything_but_the_words_is_the_same_or_it_is_no_answer(tmp_path: Path, other: dict[str, Any]) -> None:
    answers = cache(tmp_path, embed=Meaning())
    first = ask(answers, inbound(body("The capital of France?")), known=KNOWN, caching=CACHING)
    assert await missed(first)
    keep(first)
    call = inbound(other.pop("call"), **other)
    assert await missed(ask(answers, call, known=KNOWN, caching=CACHING))


async def test_other_numbers_are_another_question(tmp_path: Path) -> None:
    answers = cache(tmp_path, embed=Meaning())
    first = ask(answers, inbound(body("2 apples and 3")), known=KNOWN, caching=CACHING)
    assert await missed(first)
    keep(first)
    assert await missed(ask(answers, inbound(body("2 apples and 4")), known=KNOWN, caching=CACHING))
    assert not await missed(ask(answers, inbound(body("apples: 2, 3")), known=KNOWN, caching=CACHING))


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "tool", "tool_call_id": "t", "content": "12"}],
        [{"role": "assistant", "content": "Hm"}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://a/b.png"}}]}],
        [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "input_audio", "input_audio": {}}]}],
        [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "12"}]}],
        [{"role": "user", "content": " "}],
        [{"role": "user", "content": "x" * 8001}],
        [{"role": "user", "content": []}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": [{"type": "text", "text": 1}]}],
        ["text"],
        [],
        "text",
        None,
    ],
)
def test_what_is_no_plain_question_has_no_similar_ones(messages: Any) -> None:
    assert question_of({"messages": messages}) is None


def test_the_words_are_taken_out_and_all_else_stays() -> None:
    content = [{"type": "text", "text": "in 5 days", "cache_control": {"type": "ephemeral"}}]
    found = question_of(
        {"model": "m", "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": content}]}
    )
    assert found is not None
    assert found.text == "in 5 days"
    without = [{"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}]
    assert found.rest["messages"] == [{"role": "system", "content": "S"}, {"role": "user", "content": [without, ["5"]]}]


async def test_a_model_that_fails_is_no_error_and_is_left_alone_for_a_while(tmp_path: Path) -> None:
    meaning = Meaning()
    answers = cache(tmp_path, embed=meaning)
    meaning.fails = VendorTimeout("slow")
    for _ in range(3):
        assert await missed(ask(answers, inbound(body("capital of France")), known=KNOWN, caching=CACHING))
    assert len(meaning.asked) == 1


async def test_one_teams_spent_budget_is_no_reason_for_the_others(tmp_path: Path) -> None:
    meaning = Meaning()
    answers = cache(tmp_path, embed=meaning)
    meaning.fails = BudgetExceeded("spent")
    for _ in range(2):
        assert await missed(ask(answers, inbound(body("capital of France")), known=KNOWN, caching=CACHING))
    assert len(meaning.asked) == 2


@pytest.mark.parametrize("given_back", [[], [0.0, 0.0], [math.nan, 1.0], [math.inf]])
async def test_what_is_no_vector_finds_nothing(tmp_path: Path, given_back: list[float]) -> None:
    async def embed(text: str, model: str, caller: Caller) -> Sequence[float]:
        return given_back

    answers = cache(tmp_path, embed=embed)
    asked = ask(answers, inbound(body("capital")), known=KNOWN, caching=CACHING)
    assert await missed(asked)
    assert keep(asked)
    assert len(answers.similar) == 0


async def test_an_answer_that_is_over_is_not_given_and_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    answers = cache(tmp_path, embed=Meaning(), clock=clock)
    first = ask(answers, inbound(body("capital of France")), known=KNOWN, caching=CACHING)
    assert await missed(first)
    keep(first)
    clock.now += 3600
    assert await missed(ask(answers, inbound(body("France: the capital")), known=KNOWN, caching=CACHING))
    assert len(answers.similar) == 0


async def test_those_that_wait_get_what_the_first_found(tmp_path: Path) -> None:
    answers = cache(tmp_path, embed=Meaning())
    caching = Caching(mode=ON, similar_model="embedder", similar_threshold=0.9, join=True)
    first = ask(answers, inbound(body("capital of France")), known=KNOWN, caching=caching)
    assert await missed(first)
    keep(first)
    both = [ask(answers, inbound(body("France's capital")), known=KNOWN, caching=caching) for _ in range(2)]
    found = await asyncio.gather(*(one.look(within=5) for one in both))
    assert [one.how for one in found if one is not None] == ["similar", "similar"]


# --- vectors -------------------------------------------------------------------------------------------

numbers = st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8).filter(lambda one: sum(map(abs, one)) > 0.01)


@settings(deadline=None)
@given(numbers, numbers)
def test_cosine_is_the_cosine(one: list[float], other: list[float]) -> None:
    first, second = vector(one), vector(other)
    assert first is not None and second is not None
    wanted = sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)
    assert cosine(first, second) == pytest.approx(wanted, abs=1e-5)


def test_the_nearest_of_many_is_found_and_nothing_below_the_threshold() -> None:
    chance = random.Random(1)
    known = [[chance.gauss(0.1, 1) for _ in range(256)] for _ in range(MOST_IN_GROUP)]
    similar = Similar(10**9)
    for number, one in enumerate(known):
        made = vector(one)
        assert made is not None
        similar.add(b"group", b"%d" % number, made)
    found = 0
    for number in range(0, MOST_IN_GROUP, 20):
        near = vector([value + chance.gauss(0, 0.3) for value in known[number]])  # about 0.95
        assert near is not None
        nearest = similar.nearest(b"group", near, threshold=0.9)
        assert [key for key, _ in nearest] in ([], [b"%d" % number])
        found += bool(nearest)
    assert found == 50
    assert similar.nearest(b"another", near, threshold=-1) == []


def test_vectors_are_bounded_in_a_group_and_in_all() -> None:
    similar = Similar(10_000)
    made = vector([1.0, 2.0])
    assert made is not None
    for number in range(100):
        similar.add(b"%d" % (number % 5), b"%d" % number, made)
        assert similar.bytes <= 10_000
    assert 0 < len(similar) < 30
    large = Similar(10**9)
    for number in range(MOST_IN_GROUP + 10):
        large.add(b"g", b"%d" % number, made)
    assert len(large) == MOST_IN_GROUP
    large.clear()
    assert (len(large), large.bytes) == (0, 0)


def test_vectors_of_another_length_are_not_compared() -> None:
    similar = Similar(10**6)
    one, other = vector([1.0, 0.0]), vector([1.0, 0.0, 0.0])
    assert one is not None and other is not None
    similar.add(b"g", b"k", one)
    assert similar.nearest(b"g", other, threshold=0) == []
