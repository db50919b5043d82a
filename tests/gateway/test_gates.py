"""Limits on calls in flight. Time is a number the tests hold, and the loop turns when they say so."""

from __future__ import annotations

import asyncio
import gc
import itertools
import random
import timeit
import weakref
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway import models
from gateway.answer import error_headers
from gateway.errors import Overloaded, TooManyParallel
from gateway.policy.gate import Gate, Priority, wait_any
from gateway.policy.gates import GateRules, Gates
from providers.errors import Fault, Retry, SwitchboardError

HIGH, NORMAL, LOW = Priority
PATIENCE = 4.0


class HandLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands still until a test moves it."""

    now = 1000.0

    def __init__(self) -> None:
        super().__init__()
        self.troubles: list[dict[str, Any]] = []  # what a loop otherwise only logs
        self.set_exception_handler(lambda _, trouble: self.troubles.append(trouble))

    def time(self) -> float:
        return self.now

    def turn(self) -> None:
        """What is ready now runs, with the timers that are due; what that makes ready runs at the next turn."""
        self.call_soon(self.stop)
        self.run_forever()

    def pass_time(self, seconds: float = 0) -> None:
        """Turns until nothing moves any more, at every timer of the next ``seconds``."""
        end = self.now + seconds
        while True:
            for _ in range(6):
                self.turn()
            timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            if not timers or min(timers) > end:
                break
            self.now = max(self.now, min(timers))
        self.now = end

    def gate(self, limit: int | None, *, queue: int = 10, patience: float = PATIENCE, name: str = "acme") -> Gate:
        return Gate(limit, queue=queue, patience=patience, name=name, clock=self.time)

    def gates(self, **rules: Any) -> Gates:
        return Gates(GateRules(**{"patience": PATIENCE, **rules}), clock=self.time)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.create_task(work)
        self.turn()
        return task


@pytest.fixture
def hand() -> Iterator[HandLoop]:
    loop = HandLoop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.pass_time()
    loop.close()
    assert not loop.troubles


def waiting(hand: HandLoop, gate: Gate, *priorities: Priority) -> list[asyncio.Task[Any]]:
    """One call after the other before a gate that is full."""
    return [hand.begin(gate.enter(priority=priority)) for priority in priorities]


def served(hand: HandLoop, gate: Gate, tasks: list[asyncio.Task[Any]]) -> list[int]:
    """In which order the tasks get in when one call after the other leaves."""
    order: list[int] = []
    while gate.waiting:
        gate.leave()
        hand.turn()
        order += [n for n, task in enumerate(tasks) if task.done() and n not in order]
    return order


# One gate


def test_a_gate_lets_in_as_many_as_its_limit_and_then_one_for_each_that_leaves(hand: HandLoop) -> None:
    gate = hand.gate(2)
    assert gate.try_enter() and gate.try_enter() and not gate.try_enter()
    gate.leave()
    assert gate.try_enter() and gate.in_flight == 2


def test_a_gate_without_a_limit_only_counts() -> None:
    gate = Gate(None, queue=0, patience=1)
    assert all(gate.try_enter() for _ in range(1000)) and gate.in_flight == 1000


def test_a_slot_goes_to_the_highest_priority_and_within_it_to_who_came_first(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    tasks = waiting(hand, gate, LOW, NORMAL, HIGH, LOW, HIGH, NORMAL)
    assert gate.waiting == 6
    assert served(hand, gate, tasks) == [2, 4, 1, 5, 0, 3]


def test_who_comes_when_a_slot_was_just_given_on_does_not_overtake_who_waited(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    (task,) = waiting(hand, gate, LOW)
    gate.leave()
    assert not gate.try_enter() and not task.done() and gate.in_flight == 1
    hand.turn()
    assert task.done()


def test_a_call_that_waited_half_its_patience_counts_one_level_up(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    old = waiting(hand, gate, LOW, NORMAL)
    hand.now += PATIENCE / 2 + 0.1
    new = waiting(hand, gate, HIGH, NORMAL, LOW)
    assert served(hand, gate, old + new) == [1, 2, 0, 3, 4]


def test_at_just_half_its_patience_it_does_not_yet(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    old = waiting(hand, gate, LOW)
    hand.now += PATIENCE / 2
    new = waiting(hand, gate, NORMAL)
    assert served(hand, gate, old + new) == [1, 0]


def test_low_priority_is_served_under_an_endless_flow_of_normal_calls(hand: HandLoop) -> None:
    """The pattern that starves: always a normal call waits when a slot comes free."""
    gate = hand.gate(1, queue=50)
    assert gate.try_enter()
    (low,) = waiting(hand, gate, LOW)
    for _ in range(30):
        waiting(hand, gate, NORMAL)
        gate.leave()
        hand.pass_time(0.1)
        if low.done():
            break
    assert low.done() and low.exception() is None and hand.now - 1000 == pytest.approx(PATIENCE / 2, abs=0.15)


def test_a_full_queue_refuses_at_once_and_says_what_is_full(hand: HandLoop) -> None:
    gate = hand.gate(1, queue=2)
    assert gate.try_enter()
    waiting(hand, gate, NORMAL, NORMAL)
    task = hand.begin(gate.enter(priority=NORMAL))
    error = task.exception()
    assert isinstance(error, Overloaded)
    assert error.message == ("acme has 1 of at most 1 requests in flight and 2 waiting. This one could not wait.")
    assert (error.status, error.code, error.retry, error.fault) == (
        *(503, "gateway_overloaded"),
        *(Retry.NEXT_TARGET, Fault.GATEWAY),
    )
    assert gate.refused == 1 and gate.waiting == 2


def test_patience_ends_with_a_refusal_that_tells_the_wait(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    (task,) = waiting(hand, gate, NORMAL)
    hand.pass_time(PATIENCE - 0.01)
    assert not task.done()
    hand.pass_time(0.02)
    error = task.exception()
    assert isinstance(error, Overloaded) and error.message.endswith("0 waiting. This one waited 4.0 s.")
    assert dict(error_headers(error))[b"retry-after"] == b"4", "nothing is known of the pace yet"
    assert (gate.waiting, gate.in_flight, gate.refused) == (0, 1, 1)


def test_no_patience_is_a_refusal_without_a_wait(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    task = hand.begin(gate.enter(priority=HIGH, patience=-0.5))
    assert isinstance(task.exception(), Overloaded) and gate.refused == 1


def test_a_higher_priority_takes_the_place_of_the_newest_of_the_lowest(hand: HandLoop) -> None:
    gate = hand.gate(1, queue=4)
    assert gate.try_enter()
    tasks = waiting(hand, gate, LOW, LOW, NORMAL, NORMAL, HIGH)
    hand.turn()
    error = tasks[1].exception()
    assert isinstance(error, Overloaded) and "made room for one of higher priority" in error.message
    tasks += waiting(hand, gate, NORMAL, HIGH, HIGH)
    hand.turn()
    refused = [n for n, task in enumerate(tasks) if task.done() and task.exception()]
    assert refused == [0, 1, 3, 5] and gate.waiting == 4 and gate.refused == 4
    last = hand.begin(gate.enter(priority=HIGH))
    hand.turn()
    assert tasks[2].exception() and not last.done(), "the last that was not of high priority"
    assert isinstance(hand.begin(gate.enter(priority=HIGH)).exception(), Overloaded), "among equals nobody makes room"


def test_who_counts_one_level_up_is_not_pushed_out_from_that_level(hand: HandLoop) -> None:
    gate = hand.gate(1, queue=1)
    assert gate.try_enter()
    (old,) = waiting(hand, gate, LOW)
    hand.now += PATIENCE * 0.6
    assert isinstance(hand.begin(gate.enter(priority=NORMAL)).exception(), Overloaded)
    hand.begin(gate.enter(priority=HIGH))
    hand.turn()
    assert isinstance(old.exception(), Overloaded)


def test_a_larger_limit_lets_waiting_calls_in_and_a_smaller_one_keeps_who_is_inside(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    tasks = waiting(hand, gate, LOW, HIGH, NORMAL)
    gate.resize(3, queue=10, patience=PATIENCE)
    hand.turn()
    assert [task.done() for task in tasks] == [False, True, True] and gate.in_flight == 3
    gate.resize(1, queue=0, patience=PATIENCE)
    gate.leave()
    gate.leave()
    hand.turn()
    assert gate.in_flight == 1 and not tasks[0].done()
    gate.leave()
    hand.turn()
    assert tasks[0].done() and gate.in_flight == 1
    assert isinstance(hand.begin(gate.enter(priority=HIGH)).exception(), Overloaded)


def test_a_limit_that_goes_lets_everybody_in(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    tasks = waiting(hand, gate, *[NORMAL] * 10)
    gate.resize(None, queue=10, patience=PATIENCE)
    hand.turn()
    assert all(task.done() for task in tasks) and (gate.in_flight, gate.waiting) == (11, 0)


def test_a_call_that_leaves_between_its_slot_and_its_waking_passes_the_slot_on(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    first, second = waiting(hand, gate, NORMAL, NORMAL)
    gate.leave()
    first.cancel()
    hand.turn()
    hand.turn()
    assert first.cancelled() and second.done() and (gate.in_flight, gate.waiting) == (1, 0)


def test_a_cancelled_call_holds_no_place_from_that_moment(hand: HandLoop) -> None:
    gate = hand.gate(1, queue=1)
    assert gate.try_enter()
    (task,) = waiting(hand, gate, NORMAL)
    task.cancel()
    assert gate.waiting == 0
    gate.leave()
    assert gate.in_flight == 0 and gate.try_enter()


def test_a_timeout_around_the_wait_leaves_nothing_behind(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()

    async def hurried() -> None:
        async with asyncio.timeout(1):
            await gate.enter(priority=NORMAL)

    task = hand.begin(hurried())
    hand.pass_time(1.1)
    assert isinstance(task.exception(), TimeoutError) and (gate.waiting, gate.refused) == (0, 0)


def test_a_slot_that_comes_in_the_moment_in_which_patience_ends_is_taken(hand: HandLoop) -> None:
    gate = hand.gate(1)
    assert gate.try_enter()
    (task,) = waiting(hand, gate, NORMAL)
    hand.now += PATIENCE
    hand.call_soon(gate.leave)
    hand.turn()
    hand.turn()
    assert task.done() and task.exception() is None and (gate.in_flight, gate.refused) == (1, 0)


def test_a_coroutine_that_is_dropped_while_it_waits_leaves_the_queue(hand: HandLoop) -> None:
    gate = hand.gate(1)

    async def drop() -> None:
        assert gate.try_enter()
        dropped = gate.enter(priority=NORMAL)
        dropped.send(None)
        assert gate.waiting == 1
        dropped.close()
        assert gate.waiting == 0
        second = gate.enter(priority=NORMAL)
        second.send(None)
        gate.leave()
        assert gate.in_flight == 1
        second.close()
        assert gate.in_flight == 0, "it had a slot that it never learnt of"

    assert hand.begin(drop()).exception() is None


# Any of several gates


def test_the_first_gate_with_room_is_entered_at_once(hand: HandLoop) -> None:
    full, free, other = hand.gate(1), hand.gate(1), hand.gate(1)
    assert full.try_enter()
    task = hand.begin(wait_any([full, free, other], patience=PATIENCE))
    assert task.result() is free and (full.waiting, other.in_flight, full.refused) == (0, 0, 0)


def test_where_all_are_full_the_first_that_opens_lets_in_and_the_others_forget(hand: HandLoop) -> None:
    one, two = hand.gate(1), hand.gate(1)
    assert one.try_enter() and two.try_enter()
    task = hand.begin(wait_any([one, two, one], patience=PATIENCE))
    assert (one.waiting, two.waiting) == (1, 1)
    two.leave()
    one.leave()
    assert (one.waiting, two.waiting, one.in_flight, two.in_flight) == (0, 0, 0, 1)
    hand.turn()
    assert task.result() is two


def test_a_wait_for_any_that_is_cancelled_gives_its_new_slot_to_the_next(hand: HandLoop) -> None:
    one, two = hand.gate(1), hand.gate(1)
    assert one.try_enter() and two.try_enter()
    task = hand.begin(wait_any([one, two], patience=PATIENCE))
    (behind,) = waiting(hand, two, NORMAL)
    two.leave()
    task.cancel()
    hand.turn()
    hand.turn()
    assert task.cancelled() and behind.done()
    assert (one.in_flight, one.waiting, two.in_flight, two.waiting) == (1, 0, 1, 0)


def test_a_call_pushed_out_before_one_gate_goes_on_waiting_before_the_others(hand: HandLoop) -> None:
    one, two = hand.gate(1, queue=1), hand.gate(1, queue=1)
    assert one.try_enter() and two.try_enter()
    task = hand.begin(wait_any([one, two], patience=PATIENCE, priority=LOW))
    waiting(hand, one, HIGH)
    hand.turn()
    assert not task.done() and (one.waiting, two.waiting, one.refused) == (1, 1, 1)
    two.leave()
    hand.turn()
    assert task.result() is two


def test_a_wait_for_any_names_every_gate_and_tells_the_shortest_wait(hand: HandLoop) -> None:
    slow, fast = hand.gate(1, name="slow"), hand.gate(2, name="fast", patience=2)
    assert slow.try_enter() and fast.try_enter() and fast.try_enter()
    task = hand.begin(wait_any([slow, fast], patience=3))
    hand.pass_time(3.1)
    error = task.exception()
    assert isinstance(error, Overloaded) and error.retry_after == 2
    assert error.message == (
        "slow has 1 of at most 1 requests in flight and 0 waiting. "
        "fast has 2 of at most 2 requests in flight and 0 waiting. This one waited 3.0 s."
    )
    assert (slow.refused, fast.refused) == (1, 1)


def test_a_long_list_of_full_gates_makes_no_long_message(hand: HandLoop) -> None:
    gates = [hand.gate(0, name=f"p{n}") for n in range(500)]
    error = hand.begin(wait_any(gates, patience=0)).exception()
    assert isinstance(error, Overloaded) and "495 more are full as well." in error.message and len(error.message) < 600


# Retry-After


@pytest.mark.parametrize(
    "limit, hold, queue", [(100, 10.0, 100), (8, 2.0, 20), (4, 20.0, 5), (1, 3.0, 4), (40, 1.0, 80)]
)
def test_retry_after_is_when_who_waits_now_has_been_served(limit: int, hold: float, queue: int) -> None:
    """Calls hold their slots for about ``hold`` seconds and come faster than they are served. One is refused, no more
    come, and the time until there is room is compared with what that one was told."""
    dice = random.Random(1)
    for _ in range(6):
        told, true = told_and_true(limit, hold, queue, lambda: hold * dice.uniform(0.8, 1.2))
        assert told == pytest.approx(true, rel=0.5)


def test_retry_after_is_right_on_average_where_calls_differ_much() -> None:
    dice = random.Random(2)
    pairs = [told_and_true(8, 2.0, 20, lambda: dice.expovariate(0.5)) for _ in range(30)]
    told, true = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    assert told == pytest.approx(true, rel=0.25)


def told_and_true(limit: int, hold: float, queue: int, draw: Callable[[], float]) -> tuple[float, float]:
    hand = HandLoop()
    gate = hand.gate(limit, queue=queue, patience=10_000)

    async def call() -> None:
        await gate.enter(priority=NORMAL)
        await asyncio.sleep(draw())
        gate.leave()

    refused: SwitchboardError | None = None
    for number in itertools.count():
        task = hand.begin(call())
        refused = task.exception() if task.done() else None  # type: ignore[assignment]
        if refused and number > (queue + 5 * limit) * 2:
            break
        hand.pass_time(hold / limit / 1.5)
    since = hand.now
    while not gate.has_room:
        hand.pass_time(hold / limit / 20)
    true = hand.now - since
    hand.pass_time(hold * 100)
    hand.close()
    assert refused and refused.retry_after
    return refused.retry_after, true


def test_retry_after_stays_between_a_second_and_a_minute(hand: HandLoop) -> None:
    for hold, told in ((0.001, 1), (500.0, 60)):
        gate = hand.gate(1)
        for _ in range(5):
            assert gate.try_enter()
            hand.now += hold
            gate.leave()
        assert gate.try_enter() and gate.retry_after() == told


def test_time_in_which_a_gate_had_room_does_not_count_as_slow(hand: HandLoop) -> None:
    gate = hand.gate(1)
    for _ in range(20):
        assert gate.try_enter()
        hand.now += 4
        gate.leave()
        hand.now += 300
    assert gate.try_enter() and gate.retry_after() == pytest.approx(4, rel=0.2)


def test_a_gate_that_stops_giving_back_tells_ever_longer_waits(hand: HandLoop) -> None:
    gate = hand.gate(4)
    for _ in range(4):
        assert gate.try_enter()
    told = []
    for _ in range(100):
        hand.now += 0.5
        gate.leave()
        assert gate.try_enter()
    for _ in range(4):
        told.append(gate.retry_after())
        hand.now += 60
    assert told == sorted(told) and told[0] == 1 and told[-1] > 3


# All gates of a process


def test_a_call_enters_now_or_is_told_to_wait(hand: HandLoop) -> None:
    gates = hand.gates(process_limit=2)
    one, two = gates.enter_now(1, limit=None), gates.enter_now(2, limit=5)
    assert one and two and gates.enter_now(3, limit=None) is None and gates.enter_now(3, limit=5) is None
    assert [(one.kind, one.id, one.in_flight) for one in gates.counts()] == [("process", 0, 2), ("key", 2, 1)]
    one.leave()
    one.leave()
    assert gates.process.in_flight == 1, "leaving twice is leaving once"
    two.leave()
    assert [one.kind for one in gates.counts()] == ["process"]


def test_a_key_over_its_limit_waits_in_a_queue_of_its_own_and_gets_its_own_refusal(hand: HandLoop) -> None:
    gates = hand.gates(process_limit=10, queue=8)
    held = gates.enter_now(7, limit=1)
    assert held and gates.enter_now(7, limit=1) is None
    tasks = [hand.begin(gates.enter(7, limit=1, priority=NORMAL)) for _ in range(3)]
    error = tasks[2].exception()
    assert isinstance(error, TooManyParallel) and (error.status, error.code) == (429, "too_many_parallel_requests")
    assert error.message.startswith("This API key has 1 of at most 1 requests in flight and 2 waiting.")
    assert error.retry is Retry.NEVER and error.fault is Fault.CALLER
    assert gates.process.waiting == 0 and gates.process.in_flight == 1
    assert gates.enter_now(8, limit=1), "other keys do not notice"
    held.leave()
    hand.turn()
    assert tasks[0].done() and gates.refused == {"process": 0, "key": 1, "provider": 0}


def test_a_key_gets_its_slot_back_when_the_process_refuses(hand: HandLoop) -> None:
    gates = hand.gates(process_limit=1, queue=1)
    assert gates.enter_now(1, limit=None)
    waiter = hand.begin(gates.enter(2, limit=3, priority=NORMAL))
    refused = hand.begin(gates.enter(3, limit=3, priority=NORMAL))
    assert isinstance(refused.exception(), Overloaded)
    assert [(one.id, one.in_flight) for one in gates.counts()] == [(0, 1), (2, 1)]
    waiter.cancel()
    hand.turn()
    assert waiter.cancelled() and [one.kind for one in gates.counts()] == ["process"]


def test_a_call_waits_no_longer_than_the_patience_at_both_gates_together(hand: HandLoop) -> None:
    gates = hand.gates(process_limit=1)
    key = gates.key(1, limit=1)
    assert gates.process.try_enter() and key.try_enter()
    task = hand.begin(gates.enter(1, limit=1, priority=NORMAL))
    hand.pass_time(3)
    key.leave()
    hand.pass_time(0.9)
    assert gates.process.waiting == 1
    hand.pass_time(0.2)
    assert isinstance(task.exception(), Overloaded) and (key.in_flight, gates.process.waiting) == (0, 0)


@pytest.mark.parametrize("turns", range(7))
def test_a_cancellation_at_any_turn_of_a_wait_at_two_gates_leaks_nothing(hand: HandLoop, turns: int) -> None:
    gates = hand.gates(process_limit=1)
    key = gates.key(1, limit=1)
    assert gates.process.try_enter() and key.try_enter()
    task = hand.create_task(gates.enter(1, limit=1, priority=NORMAL))
    steps = [hand.turn, key.leave, hand.turn, gates.process.leave, hand.turn, hand.turn, hand.turn]
    for number, step in enumerate(steps):
        if number == turns:
            task.cancel()
        step()
    if not task.cancelled():
        task.result().leave()
    assert (key.in_flight, key.waiting, gates.process.in_flight, gates.process.waiting) == (0, 0, 0, 0)


def test_gates_that_nobody_uses_are_forgotten(hand: HandLoop) -> None:
    gates = hand.gates()
    tickets = [gates.enter_now(n, limit=3) for n in range(100_000)]
    assert len(gates.counts()) == 100_001
    for ticket in tickets:
        assert ticket
        ticket.leave()
    assert len(gates.counts()) == 1
    for n in range(1000):
        assert gates.enter_now(n, limit=None)
    assert len(gates.counts()) == 1, "a key without a limit has no gate"


def test_a_gate_that_refused_and_timed_out_is_forgotten_without_the_garbage_collector(hand: HandLoop) -> None:
    gates = hand.gates(queue=4)
    ticket = gates.enter_now(1, limit=1)
    assert ticket
    gone = weakref.ref(gates.key(1, limit=1))
    gc.disable()
    try:
        tasks = [hand.begin(gates.enter(1, limit=1, priority=NORMAL)) for _ in range(2)]
        hand.pass_time(PATIENCE + 1)
        assert all(isinstance(task.exception(), TooManyParallel) for task in tasks)
        tasks.clear()
        hand.turn()
        ticket.leave()
        assert gone() is None
    finally:
        gc.enable()
    assert gates.refused["key"] == 2, "the sum outlives the gate"


def test_a_gate_in_hand_stays_the_one_gate_of_its_provider(hand: HandLoop) -> None:
    gates = hand.gates()
    planned = gates.provider(5, limit=1, name="acme")
    other = gates.provider(5, limit=1, name="acme")
    assert other.try_enter()
    other.leave()
    del other
    assert planned.try_enter() and not gates.provider(5, limit=1).try_enter()


def test_a_limit_of_a_key_that_changes_holds_from_the_next_call_on(hand: HandLoop) -> None:
    gates = hand.gates()
    held = [gates.enter_now(1, limit=2) for _ in range(2)]
    waiter = hand.begin(gates.enter(1, limit=2, priority=NORMAL))
    assert gates.enter_now(1, limit=4) and waiter.cancelling() == 0
    hand.turn()
    assert waiter.done(), "the larger limit let it in first"
    assert gates.enter_now(1, limit=2) is None and all(held)


def test_a_limit_of_a_key_that_goes_lets_in_who_waited_under_it(hand: HandLoop) -> None:
    gates = hand.gates()
    assert (held := gates.enter_now(1, limit=1))
    waiter = hand.begin(gates.enter(1, limit=1, priority=NORMAL))
    assert gates.enter_now(1, limit=None)
    hand.turn()
    assert waiter.done() and held


def test_new_rules_reach_every_gate(hand: HandLoop) -> None:
    gates = hand.gates(process_limit=1, queue=4)
    key, provider = gates.key(1, limit=1), gates.provider(1, limit=1)
    assert gates.enter_now(9, limit=None)
    waiter = hand.begin(gates.enter(9, limit=None, priority=NORMAL))
    gates.configure(GateRules(process_limit=2, queue=40, patience=9))
    hand.turn()
    assert waiter.done() and (gates.process.queue, gates.process.patience) == (40, 9)
    assert (key.queue, key.patience, key.limit) == (10, 9, 1)
    assert (provider.queue, provider.patience, provider.limit) == (40, 9, 1)
    assert gates.key(2, limit=1).queue == 10


def test_priorities_are_those_that_a_key_may_have() -> None:
    assert [(one.value, one.name) for one in Priority] == [(one.value, one.name) for one in models.Priority]


# Many


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_ten_thousand_calls_at_once_all_get_in_and_out(new_loop: Any) -> None:
    gates = Gates(GateRules(process_limit=50, queue=10_000, patience=60))
    most, done = 0, 0

    async def call(number: int) -> None:
        nonlocal most, done
        priority, limit = Priority(number % 3), 5 if number % 2 else None
        ticket = gates.enter_now(number % 1000, limit=limit)
        ticket = ticket or await gates.enter(number % 1000, limit=limit, priority=priority)
        most = max(most, gates.process.in_flight)
        try:
            await asyncio.sleep(0)
            done += 1
        finally:
            ticket.leave()

    async def all_of_them() -> None:
        tasks = [asyncio.create_task(call(number)) for number in range(10_000)]
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(all_of_them())
    assert most == 50 and done >= 10_000 * 6 // 7 - 1
    assert [tuple(one[4:]) for one in gates.counts()] == [(0, 0, 0)]


def test_an_open_gate_costs_next_to_nothing() -> None:
    gate = Gate(1000, queue=1, patience=1)
    best = min(timeit.repeat(lambda: gate.try_enter() and gate.leave(), number=2000, repeat=50)) / 2000
    assert best < 0.6e-6  # in and out; alone on the machine it is 0.1 µs


# Whatever happens


@dataclass
class Visit:
    number: int
    priority: Priority
    wanted: list[int]
    patience: float
    since: float = 0.0
    state: str = "new"  # waiting, inside, refused, gone
    at: int = -1  # the gate it is inside of
    task: asyncio.Task[Gate | None] | None = None


@dataclass
class Expected:
    """A gate as it should be, by lists that are searched from end to end."""

    limit: int | None
    queue: int
    patience: float
    inside: set[int] = field(default_factory=set)
    waiting: list[Visit] = field(default_factory=list)
    refused: int = 0

    def has_room(self) -> bool:
        return self.limit is None or len(self.inside) < self.limit

    def rank(self, visit: Visit, now: float) -> tuple[int, int]:
        old = now - visit.since > visit.patience / 2
        return max(visit.priority - old, 0), visit.number

    def ends(self, end: int) -> list[Visit]:
        """The first or last of each priority."""
        return [same[end] for one in Priority if (same := [each for each in self.waiting if each.priority == one])]


class WhateverHappens(RuleBasedStateMachine):
    """Three gates; calls before one or several of them come, wait, leave, lose patience and are cancelled between any
    two turns of the loop, while limits change. After every step each gate is as the lists say."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = HandLoop()
        self.gates = [self.loop.gate(limit, queue=2, name=str(limit)) for limit in (1, 2, 3)]
        self.expected = [Expected(limit, 2, PATIENCE) for limit in (1, 2, 3)]
        self.visits: list[Visit] = []
        self.came = 0

    # what should happen

    def arrive(self, visit: Visit) -> None:
        """Called in the moment when the call does."""
        self.came += 1
        visit.number, visit.since = self.came, self.loop.now
        for index in visit.wanted:
            if self.expected[index].has_room():
                return self.enter(visit, index)
        visit.state = "waiting"
        for index in dict.fromkeys(visit.wanted):
            gate = self.expected[index]
            if visit.patience <= 0 or (len(gate.waiting) >= gate.queue and not self.push_out(index, visit)):
                gate.refused += 1
            else:
                gate.waiting.append(visit)
        if not any(visit in gate.waiting for gate in self.expected):
            visit.state = "refused"
        else:
            self.loop.call_later(visit.patience, self.expire, visit)
        return None

    def push_out(self, index: int, comer: Visit) -> bool:
        gate = self.expected[index]
        worst = max(gate.ends(-1), key=lambda one: gate.rank(one, self.loop.now), default=None)
        if worst is None or gate.rank(worst, self.loop.now)[0] <= comer.priority:
            return False
        gate.waiting.remove(worst)
        gate.refused += 1
        if not any(worst in one.waiting for one in self.expected):
            worst.state = "refused"
        return True

    def enter(self, visit: Visit, index: int) -> None:
        self.forget(visit)
        visit.state, visit.at = "inside", index
        self.expected[index].inside.add(visit.number)

    def forget(self, visit: Visit) -> None:
        for gate in self.expected:
            if visit in gate.waiting:
                gate.waiting.remove(visit)

    def expire(self, visit: Visit) -> None:
        if visit.state == "waiting":
            for gate in self.expected:
                gate.refused += visit in gate.waiting
            self.forget(visit)
            visit.state = "refused"

    def leave(self, visit: Visit) -> None:
        visit.state = "gone"
        self.expected[visit.at].inside.remove(visit.number)
        self.fill(visit.at)

    def fill(self, index: int) -> None:
        gate = self.expected[index]
        while gate.waiting and gate.has_room():
            self.enter(min(gate.ends(0), key=lambda one: gate.rank(one, self.loop.now)), index)

    async def call(self, visit: Visit) -> Gate | None:
        self.arrive(visit)
        gates = [self.gates[index] for index in visit.wanted]
        try:
            if len(gates) > 1:
                return await wait_any(gates, patience=visit.patience, priority=visit.priority)
            await gates[0].enter(priority=visit.priority, patience=visit.patience)
            return gates[0]
        except Overloaded:
            return None
        except asyncio.CancelledError:
            if visit.state == "inside":  # it was let in, and never learnt of it
                self.leave(visit)
            raise

    # what happens

    @rule(
        priority=st.sampled_from(Priority),
        wanted=st.one_of(st.lists(st.integers(0, 2), min_size=1, max_size=1), st.lists(st.integers(0, 2), min_size=2)),
        patience=st.sampled_from([None, None, None, 1.0, 8.0, 0.0]),
        at_once=st.booleans(),
    )
    def come(self, priority: Priority, wanted: list[int], patience: float | None, at_once: bool) -> None:
        visit = Visit(0, priority, wanted, self.gates[wanted[0]].patience if patience is None else patience)
        visit.task = self.loop.create_task(self.call(visit))
        self.visits.append(visit)
        if at_once:
            self.loop.turn()

    @rule()
    def turn(self) -> None:
        self.loop.turn()

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 2.5]))
    def wait(self, seconds: float) -> None:
        self.loop.now += seconds

    @precondition(lambda self: any(not visit.task.done() for visit in self.visits))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        visit = data.draw(st.sampled_from([one for one in self.visits if one.task and not one.task.done()]))
        assert visit.task
        visit.task.cancel()
        if visit.state == "waiting":
            visit.state = "gone"
            self.forget(visit)

    @precondition(lambda self: self.awake())
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        self.goes(data.draw(st.sampled_from(self.awake())))

    @rule(
        index=st.integers(0, 2),
        limit=st.one_of(st.none(), st.integers(0, 4)),
        queue=st.integers(0, 4),
        patience=st.sampled_from([2.0, PATIENCE, 9.0]),
    )
    def resize(self, index: int, limit: int | None, queue: int, patience: float) -> None:
        gate = self.expected[index]
        gate.limit, gate.queue, gate.patience = limit, queue, patience
        self.gates[index].resize(limit, queue=queue, patience=patience)
        self.fill(index)

    def awake(self) -> list[Visit]:
        """The calls that are inside and know it."""
        return [one for one in self.visits if one.state == "inside" and one.task and one.task.done()]

    def goes(self, visit: Visit) -> None:
        self.gates[visit.at].leave()
        self.leave(visit)

    # what must hold

    @invariant()
    def the_gates_are_as_they_should_be(self) -> None:
        for gate, expected in zip(self.gates, self.expected, strict=True):
            assert gate.in_flight == len(expected.inside)
            assert gate.waiting == len(expected.waiting)
            assert gate.refused == expected.refused
            assert not (gate.waiting and gate.has_room)

    @invariant()
    def every_call_was_told_what_it_should(self) -> None:
        for visit in self.visits:
            if visit.task and visit.task.done() and not visit.task.cancelled():
                got = visit.task.result()
                assert got is None if visit.state == "refused" else got is self.gates[visit.at]

    def teardown(self) -> None:
        for _ in range(1000):
            self.loop.pass_time(0)
            self.the_gates_are_as_they_should_be()
            self.every_call_was_told_what_it_should()
            for visit in self.awake():
                self.goes(visit)
            if all(visit.task and visit.task.done() for visit in self.visits) and not self.awake():
                break
            self.loop.pass_time(10)
        assert all((gate.in_flight, gate.waiting) == (0, 0) for gate in self.gates)
        self.loop.close()
        assert not self.loop.troubles


WhateverHappens.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
test_whatever_happens_no_slot_is_lost_and_none_is_given_twice = WhateverHappens.TestCase
