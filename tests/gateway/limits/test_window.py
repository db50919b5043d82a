"""The window of one process against a list of everything that ever happened."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.limits.compiled import Rule
from gateway.limits.local import PARALLEL, Local, Ticks
from gateway.limits.window import REQUESTS, USAGE, WINDOW_US, Entry, Window
from tests.gateway.limits.cast import Clock

SLACK_US = WINDOW_US // 240  # how much longer than a minute a call may count


@dataclass
class Call:
    at: int
    units: int
    rules: list[Rule]
    inside: bool = True
    shares: list[tuple[Window, Entry]] = field(default_factory=list)


class Naive:
    """Every call that passed, kept for ever."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def used(self, rule: Rule, now: int, *, seconds_us: int) -> tuple[int, int, int]:
        of_rule = [call for call in self.calls if rule in call.rules]
        late = [call for call in of_rule if call.at > now - seconds_us]
        return len(late), sum(call.units for call in late), sum(call.inside for call in of_rule)

    def fits(self, rule: Rule, units: int, now: int, *, seconds_us: int) -> bool:
        requests, usage, inside = self.used(rule, now, seconds_us=seconds_us)
        return (
            (rule.requests is None or requests + 1 <= rule.requests)
            and (rule.usage is None or usage + units <= rule.usage)
            and (rule.parallel is None or inside + 1 <= rule.parallel)
        )


ONE = Rule("everyone", "everyone", 6, None, None)
TWO = Rule("team:1", "team A", 4, 300, None)
THREE = Rule("key:1", "key k", None, 200, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("take"),
            st.sampled_from([[ONE], [ONE, TWO], [ONE, TWO, THREE], [THREE]]),
            st.integers(0, 200),
        ),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.1, 0.25, 1.0, 7.3, 29.9, 59.9, 60.3]), st.none()),
        st.tuples(st.just("back"), st.sampled_from([0.01, 5.0, 4000.0]), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 50), st.none()),
        st.tuples(st.just("less"), st.integers(0, 50), st.integers(0, 100)),
    ),
    max_size=50,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_never_more_than_the_limit_in_any_minute_and_no_refusal_without_reason(steps: list) -> None:  # type: ignore[type-arg]
    clock, naive = Clock(1000.0), Naive()
    local = Local(Ticks(clock))
    for what, value, more in steps:
        if what == "wait":
            clock.now += value
        elif what == "back":
            clock.now -= value
        elif what == "take":
            take(local, naive, value, more)
        elif naive.calls:
            change(naive.calls[value % len(naive.calls)], what, more)


def take(local: Local, naive: Naive, rules: list[Rule], units: int) -> None:
    now = local.ticks.now()
    refusal = local.refusal(rules, units, now)
    if refusal is None:
        assert all(naive.fits(rule, units, now, seconds_us=WINDOW_US) for rule in rules)
        naive.calls.append(Call(now, units, rules, shares=local.add(rules, units, now)))
        return
    assert not all(naive.fits(rule, units, now, seconds_us=WINDOW_US + SLACK_US) for rule in rules)
    if any(rule.parallel is not None and naive.used(rule, now, seconds_us=0)[2] >= rule.parallel for rule in rules):
        return  # when it passes depends on others
    later = now + refusal.wait_us
    assert copy.deepcopy(local).refusal(rules, units, later) is None
    assert copy.deepcopy(local).refusal(rules, units, later - 1) is not None
    assert refusal.measure in (REQUESTS, USAGE)


def change(call: Call, what: str, less: int) -> None:
    if what == "leave" and call.inside:
        call.inside = False
        for window, _ in call.shares:
            window.leave(1.0)
    elif what == "less":
        lower = min(less, call.units)
        call.units -= lower
        for window, entry in call.shares:
            window.correct(entry, 0, -lower)


def test_steady_load_passes_within_a_percent_of_the_limit() -> None:
    clock = Clock(0.0)
    local, rule, passed = Local(Ticks(clock)), Rule("key:1", "k", requests=600), []
    for number in range(200 * 300):  # 200 a second for five minutes
        clock.now = number / 200
        now = local.ticks.now()
        if local.refusal([rule], 1, now) is None:
            local.add([rule], 1, now)
            passed.append(now)
    minutes = passed[-1] / 60e6
    assert 594 * minutes <= len(passed) <= 600 * (minutes + 1)
    assert len(passed) >= 0.99 * 600 * 5
    assert all(later - first > WINDOW_US for first, later in zip(passed, passed[600:], strict=False))


def test_the_rule_that_lets_through_last_is_named() -> None:
    clock = Clock(0.0)
    local = Local(Ticks(clock))
    early, late = Rule("key:1", "k", requests=1), Rule("team:1", "t", requests=1, parallel=1)
    local.add([early], 0, local.ticks.now())
    clock.now = 30.0
    local.add([late], 0, local.ticks.now())
    refusal = local.refusal([early, late], 0, local.ticks.now())
    assert refusal is not None
    assert (refusal.rule, refusal.measure) == (1, REQUESTS)
    assert refusal.wait_us == 60_250_000
    clock.now = 91.0
    refusal = local.refusal([early, late], 0, local.ticks.now())
    assert refusal is not None
    assert (refusal.rule, refusal.measure, refusal.wait_us) == (1, PARALLEL, 1_000_000)


def test_idle_windows_are_let_go() -> None:
    clock = Clock(0.0)
    local = Local(Ticks(clock))
    inside = [Rule("key:inside", "k", parallel=1)]
    local.add(inside, 0, local.ticks.now())
    for number in range(3000):
        clock.now += 1
        local.add([Rule(f"key:{number}", "k", requests=1)], 0, local.ticks.now())
        for window in list(local.windows.values())[1:]:
            window.inside = 0
    assert len(local.windows) < 1100
    assert "key:inside" in local.windows
