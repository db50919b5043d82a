"""How a target is judged: from numbers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.facts import Beat, Before, Breaker, Facts, Pool, Probed, Rules, Traffic
from monitoring.health.judging import ILL, judge

RULES = Rules(window=300, least=5, down=0.5, degraded=0.1, recover=3, stale=900)
NOW = 1_000_000.0
WELL = Before("healthy", NOW - 3600, "traffic")
DOWN = Before("down", NOW - 60, "traffic")


def traffic(answered: int = 0, failed: int = 0, limited: int = 0, *, ago: int = 10) -> Traffic:
    return Traffic([Beat(int(NOW) - ago, answered, failed, limited)])


def status(before: Before, facts: Facts, now: float = NOW) -> str:
    found = judge(before, facts, RULES, now)
    return found.status if found else before.status


@pytest.mark.parametrize(
    "answered, failed, expected",
    [
        (100, 0, "healthy"),
        (0, 1, "healthy"),
        (0, 4, "healthy"),
        (0, 5, "down"),
        (5, 5, "down"),
        (6, 5, "degraded"),
        (45, 5, "degraded"),
        (46, 5, "healthy"),
    ],
)
def test_a_share_and_enough_failures_make_it_ill(answered: int, failed: int, expected: str) -> None:
    assert status(WELL, Facts(traffic=traffic(answered, failed))) == expected


@given(st.integers(0, 50), st.integers(0, 299), st.sampled_from(["healthy", "unknown"]))
def test_one_error_never_takes_a_provider_down(answered: int, ago: int, word: str) -> None:
    beats = [Beat(int(NOW) - ago, 0, 1), Beat(int(NOW) - 5, answered, 0)]
    once = Probed(possible=True, at=NOW - 1, ok=False, failures=1, failed_at=NOW - 1)
    before = Before(word, NOW - 3600, "traffic")
    assert status(before, Facts(traffic=Traffic(beats), probed=once, pool=Pool())) not in ILL


def test_what_made_it_ill_is_not_counted_against_its_recovery() -> None:
    beats = [Beat(int(NOW) - 100, 0, 500), Beat(int(NOW) - 10, 3, 0)]
    assert status(DOWN, Facts(traffic=Traffic(beats))) == "healthy"


def test_one_answer_does_not_make_it_well() -> None:
    assert status(DOWN, Facts(traffic=traffic(answered=1))) == "down"


def test_answers_among_failures_are_a_degraded_provider() -> None:
    assert status(DOWN, Facts(traffic=traffic(answered=6, failed=4))) == "degraded"
    assert status(Before("degraded", NOW - 60, "traffic"), Facts(traffic=traffic(answered=2, failed=8))) == "down"


def test_an_open_breaker_is_down_and_a_half_open_one_degraded() -> None:
    is_open = Breaker("open", until=NOW + 10, changed_at=NOW - 5, reason="5 of 8 calls within 60 s failed")
    found = judge(WELL, Facts(breaker=is_open, traffic=traffic(answered=50)), RULES, NOW)
    assert found and (found.status, found.signal) == ("down", "breaker") and "5 of 8" in found.reason
    assert status(WELL, Facts(breaker=Breaker("half_open", changed_at=NOW - 5))) == "degraded"


def test_a_breaker_whose_time_is_over_says_nothing_more() -> None:
    over = Breaker("open", until=NOW - 1, changed_at=NOW - 60)
    stale = Breaker("half_open", changed_at=NOW - 3600)
    for breaker in (over, stale):
        assert status(DOWN, Facts(breaker=breaker, traffic=traffic(answered=3))) == "healthy"


def test_a_pool_without_a_token_is_down_and_well_as_soon_as_it_has_one() -> None:
    empty = Facts(pool=Pool(usable=0, resting=0, total=2), traffic=traffic(answered=9))
    assert status(WELL, empty) == "down"
    before = Before("down", NOW - 60, "test")
    assert status(before, Facts(pool=Pool(usable=1, total=2), traffic=traffic(answered=1))) == "healthy"
    assert status(before, Facts(pool=Pool(usable=1, total=2))) == "unknown"


def test_a_pool_that_rests_a_moment_is_busy_and_one_that_rests_long_degraded() -> None:
    assert status(WELL, Facts(pool=Pool(usable=0, resting=1, back_at=NOW + 3), traffic=traffic(9))) == "healthy"
    assert status(WELL, Facts(pool=Pool(usable=0, resting=1, back_at=NOW + 600), traffic=traffic(9))) == "degraded"


def test_off_and_misconfigured_are_said_before_all_else() -> None:
    assert status(WELL, Facts(enabled=False, problem="It has no token.")) == "off"
    found = judge(WELL, Facts(problem="It has no token."), RULES, NOW)
    assert found and (found.status, found.reason) == ("down", "It has no token.")


def test_one_model_that_fails_does_not_take_its_provider_down() -> None:
    parts = {"good": traffic(answered=20), "bad": traffic(failed=80)}
    whole = Traffic([beat for part in parts.values() for beat in part.beats])
    found = judge(WELL, Facts(traffic=whole, parts=parts), RULES, NOW)
    assert found and found.status == "degraded" and "bad" in found.reason
    assert status(WELL, Facts(traffic=whole, parts={"bad": whole})) == "down"


def test_probes_that_fail_twice_are_down_unless_calls_are_answered() -> None:
    twice = Probed(possible=True, at=NOW - 5, ok=False, failures=2, failed_at=NOW - 5, reason="refused")
    assert status(WELL, Facts(probed=twice)) == "down"
    assert status(WELL, Facts(probed=twice, traffic=traffic(answered=1))) == "healthy"


def test_a_good_probe_brings_back_what_failed_its_probes_too() -> None:
    back = Probed(possible=True, at=NOW - 1, ok=True, failed_at=NOW - 30)
    assert status(DOWN, Facts(probed=back, traffic=traffic(failed=40, ago=70))) == "healthy"


def test_a_free_call_that_never_failed_proves_nothing_until_a_window_has_passed() -> None:
    fine = Probed(possible=True, at=NOW - 1, ok=True)
    assert status(DOWN, Facts(probed=fine, traffic=traffic(failed=40, ago=70))) == "down"
    later = Probed(possible=True, at=NOW + 299, ok=True)
    assert status(DOWN, Facts(probed=later, traffic=traffic(failed=40, ago=70)), NOW + 300) == "healthy"


def test_what_cannot_be_probed_and_is_not_called_is_unknown_after_a_while() -> None:
    assert status(WELL, Facts(traffic=traffic(answered=1, ago=800))) == "healthy"
    assert status(WELL, Facts()) == "unknown"
    assert status(Before("down", NOW - 301, "traffic"), Facts()) == "unknown"
    found = judge(Before("unknown", 0), Facts(pool=Pool()), RULES, NOW)
    assert found and "no free call" in found.reason


def test_a_vendor_that_refuses_the_pace_of_most_calls_is_degraded() -> None:
    assert status(WELL, Facts(traffic=traffic(answered=2, limited=20))) == "degraded"
    assert status(WELL, Facts(traffic=traffic(answered=30, limited=20))) == "healthy"


ticks = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([None, True, False])), min_size=1, max_size=60
)


class Story:
    """A target that is judged every 20 seconds."""

    def __init__(self) -> None:
        self.before = Before("healthy", NOW - 10, "traffic")
        self.now = NOW
        self.beats: list[Beat] = []
        self.turns: list[str] = []
        self.probed = Probed(possible=True)

    def tick(self, answered: int, failed: int, probe: bool | None) -> None:
        self.now += 20
        if answered or failed:
            self.beats.append(Beat(int(self.now) - 5, answered, failed))
        if probe is not None:
            bad = not probe
            self.probed = Probed(
                possible=True,
                at=self.now - 1,
                ok=probe,
                failures=self.probed.failures + 1 if bad else 0,
                failed_at=self.now - 1 if bad else self.probed.failed_at,
            )
        found = judge(self.before, Facts(traffic=Traffic(self.beats), probed=self.probed), RULES, self.now)
        if found and found.status != self.before.status:
            self.before = Before(found.status, self.now, found.signal)
            self.turns.append(found.status)


@given(ticks)
def test_it_does_not_flap_each_fall_needs_failures_of_its_own(story: list[tuple[int, int, bool | None]]) -> None:
    target = Story()
    for answered, failed, _ in story:
        target.tick(answered, failed, None)
    falls = target.turns.count("down")
    assert falls <= sum(failed for _, failed, _ in story) // RULES.least
    rises = target.turns.count("healthy")
    assert rises <= sum(answered for answered, _, _ in story)


@given(ticks)
def test_a_steady_free_call_never_lets_it_come_and_go_within_a_window(
    story: list[tuple[int, int, bool | None]],
) -> None:
    """Calls that all fail beside a model list that works."""
    target = Story()
    for _, failed, _ in story:
        before = len(target.turns)
        target.tick(0, failed, True)
        if failed and target.before.status == "down":
            assert len(target.turns) <= before + 1
    lasted = [one for one in target.turns if one == "healthy"]
    assert len(lasted) <= len(story) * 20 / RULES.window + 1


@given(ticks)
def test_it_always_recovers_when_calls_are_answered_again(story: list[tuple[int, int, bool | None]]) -> None:
    target = Story()
    for one in story:
        target.tick(*one)
    for _ in range(2 * int(RULES.window) // 20 + 2):
        target.tick(3, 0, None)
    assert target.before.status == "healthy"


@given(ticks)
def test_it_always_recovers_when_nobody_calls_and_probes_are_good(story: list[tuple[int, int, bool | None]]) -> None:
    target = Story()
    for one in story:
        target.tick(*one)
    for _ in range(2 * int(RULES.window) // 20 + 2):
        target.tick(0, 0, True)
    assert target.before.status == "healthy"


@given(ticks)
def test_it_is_never_stuck_down_where_nothing_says_anything(story: list[tuple[int, int, bool | None]]) -> None:
    target = Story()
    for answered, failed, _ in story:
        target.tick(answered, failed, None)
    for _ in range(2 * int(RULES.stale) // 20):
        target.tick(0, 0, None)
    assert target.before.status == "unknown"


def test_a_breaker_that_closed_is_not_called_open_once_calls_were_answered() -> None:
    before = Before("down", NOW - 60, "breaker")
    told = judge(before, Facts(traffic=traffic(answered=1)), RULES, NOW)
    assert told is not None and told.status == "degraded" and "lets calls through" in told.reason
    assert judge(before, Facts(traffic=traffic(failed=1)), RULES, NOW) is None
    assert judge(before, Facts(), RULES, NOW) is None
