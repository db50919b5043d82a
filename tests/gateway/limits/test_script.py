"""The script in Redis decides what the windows of one process decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.limits.compiled import Rule
from gateway.limits.local import Local, Ticks
from gateway.limits.script import CLOCK, FEED, PROCESSES, TAKE, inside_key, window_key
from gateway.limits.taken import Taken
from tests.gateway.limits.cast import Clock

pytestmark = pytest.mark.services

WINDOW_MS, SLOT_US = 60_000, 250_000
ONE = Rule("everyone", "everyone", 6, None, None)
TWO = Rule("team:1", "team A", 4, 300, None)
THREE = Rule("key:1", "key k", None, 200, 3)
RULES = (ONE, TWO, THREE)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("take"), st.sampled_from([[ONE], [ONE, TWO], [ONE, TWO, THREE], [THREE]]), st.integers(0, 200)
        ),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.1, 0.25, 1.0, 7.3, 29.9, 59.9, 60.3]), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 50), st.none()),
        st.tuples(st.just("settle"), st.integers(0, 50), st.integers(0, 300)),
    ),
    max_size=40,
)


class Redis:
    """The scripts, under a clock that only the test moves."""

    def __init__(self, url: str) -> None:
        self.client: Any = redis.Redis.from_url(url)
        own_time = ("redis.call('TIME')", "redis.call('LRANGE', 'test:time', 0, 1)")
        self._take = self.client.register_script(TAKE.replace(*own_time))
        self._feed = self.client.register_script(FEED.replace(*own_time))

    def at(self, now: float) -> None:
        self.client.delete("test:time")
        self.client.rpush("test:time", int(now), round(now % 1 * 1e6))

    def take(self, rules: list[Rule], units: int, *, process: str = "a") -> list[int]:
        keys, numbers = [CLOCK], []
        for rule in rules:
            keys += [window_key(rule.id), inside_key(rule.id)]
            numbers += [-1 if one is None else one for one in rule[2:]]
        answer: list[int] = self._take(keys=keys, args=[SLOT_US, WINDOW_MS, process, units, *numbers])
        return answer

    def feed(self, *changes: tuple[str, str, int, int, int], process: str = "a", leaving: int = 0) -> list[Any]:
        keys = [CLOCK, PROCESSES, *(change[0] for change in changes)]
        values = [value for change in changes for value in change[1:]]
        answer: list[Any] = self._feed(keys=keys, args=[SLOT_US, WINDOW_MS, process, "mark", leaving, *values])
        return answer


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    made = Redis(redis_url)
    made.at(1_700_000_000.0)
    yield made
    made.client.close()


class News:
    """Passes on what a share says of itself."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str, int, int, int]] = []

    def correct(self, rule_id: str, slot: int, requests: int, usage: int) -> None:
        self.changes.append((window_key(rule_id), "w", slot, requests, usage))

    def left(self, rule_id: str) -> None:
        pass


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_script_is_the_local_windows(server: Redis, steps: list) -> None:  # type: ignore[type-arg]
    server.client.flushdb()
    clock, taken = Clock(1_700_000_000.0), list[Taken]()
    local = Local(Ticks(clock))
    for what, value, more in steps:
        server.at(clock.now)
        news = News()
        if what == "wait":
            clock.now = round(clock.now + value, 3)
        elif what == "take":
            beat(server, local)
            answer = server.take(value, more)
            made = same(local, value, more, answer, news)
            if made is not None:
                taken.append(made)
        elif taken:
            one = taken[value % len(taken)]
            one._news = news  # type: ignore[assignment]
            one.leave() if what == "leave" else one.settle(more)
            server.feed(*news.changes)


def beat(server: Redis, local: Local) -> None:
    server.feed(*((inside_key(rule.id), "p", local.window(rule.id).inside, 0, 0) for rule in RULES))


def same(local: Local, rules: list[Rule], units: int, answer: list[int], news: News) -> Taken | None:
    passes, slot, rule, measure, wait_us, reset_us, *used = answer
    now = local.ticks.now()
    refusal = local.refusal(rules, units, now)
    assert bool(passes) == (refusal is None)
    if refusal is not None:
        assert (rule, measure, wait_us, reset_us) == (refusal.rule, refusal.measure, refusal.wait_us, refusal.reset_us)
        assert used == limited(rules, refusal.used)
        return None
    shares = local.add(rules, units, now)
    assert used == limited(rules, local.used(rules))
    assert reset_us == local.reset_us(now)
    return Taken(
        *(rules, units, shares, used),
        local=local,
        since=now,
        reset_us=reset_us,
        slot=slot,
        news=news,  # type: ignore[arg-type]
    )


def limited(rules: list[Rule], used: list[int]) -> list[int]:
    """Redis counts only what is limited."""
    limits = [limit for rule in rules for limit in rule[2:]]
    return [0 if limit is None else count for limit, count in zip(limits, used, strict=True)]


def test_calls_inside_are_those_of_living_processes(server: Redis) -> None:
    for process, passes in (("a", 1), ("b", 1), ("a", 1), ("b", 0)):
        assert server.take([THREE], 0, process=process)[0] == passes
    server.at(1_700_000_002.0)
    server.feed((inside_key(THREE.id), "p", 1, 0, 0), process="b")
    assert server.take([THREE], 0)[0] == 0
    server.at(1_700_000_003.5)  # a said nothing for too long
    assert server.take([THREE], 0, process="b")[-1] == 2
    server.feed((inside_key(THREE.id), "p", 0, 0, 0), process="b")
    assert server.take([THREE], 0, process="c")[-1] == 1


def test_the_processes_alive_are_counted(server: Redis) -> None:
    assert server.feed(process="a")[0] == 1
    assert server.feed(process="b")[0] == 2
    server.at(1_700_000_002.9)
    assert server.feed(process="b")[0] == 2
    server.at(1_700_000_003.1)
    assert server.feed(process="b")[0] == 1
    assert server.feed(process="a")[0] == 2
    assert server.feed(process="a", leaving=1)[0] == 1


def test_a_clock_set_back_or_on_does_not_stop_the_limits(server: Redis) -> None:
    for _ in range(6):
        assert server.take([ONE], 0)[0] == 1
    server.at(1_700_000_000.0 - 3600)
    refused = server.take([ONE], 0)
    assert refused[0] == 0
    assert refused[4] == 60_250_000
    server.at(1_700_000_000.0 - 3600 + 60.25)
    assert server.take([ONE], 0)[0] == 1


def test_corrections_of_what_is_over_and_of_what_never_was_change_nothing(server: Redis) -> None:
    slot = server.take([TWO], 100)[1]
    server.feed((window_key(TWO.id), "w", slot - 1, -1, -50), (window_key(TWO.id), "w", slot, 0, -500))
    assert server.take([TWO], 0)[6:8] == [2, 0]
    server.at(1_700_000_061.0)
    server.take([TWO], 200)
    server.feed((window_key(TWO.id), "w", slot, -1, -100))
    assert server.take([TWO], 0)[6:8] == [2, 200]


def test_what_another_process_let_through_before_is_counted_in_its_time(server: Redis) -> None:
    server.take([TWO], 0)
    server.feed((window_key(TWO.id), "w", -100, 2, 70))  # 25 seconds ago
    refused = server.take([TWO], 240)
    assert (refused[0], refused[4], refused[6:8]) == (0, 60_250_000 - 25_000_000, [3, 70])


def test_what_is_idle_expires(server: Redis) -> None:
    server.take([ONE, TWO, THREE], 10)
    server.feed()
    keys = server.client.keys("switchboard:*")
    assert len(keys) == 6
    assert all(0 < server.client.pttl(key) <= 2 * WINDOW_MS for key in keys)
