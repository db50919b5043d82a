"""What is measured of targets, against the plain way: a list of all calls, each with its weight."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.measures import PRIOR_CALLS, Measured, Measures

HALF_LIFE = 120.0
WIDTH = 2 ** (1 / 4)  # of a histogram bucket: its upper end by its lower end


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Ended:
    pause: float  # seconds since the one before
    ok: bool | None = True
    first_s: float | None = None
    seconds: float = 1.0
    output: int = 0


def measures_of(most: int = 10_000) -> tuple[Measures, Clock]:
    clock = Clock()
    return Measures(clock=clock, half_life=HALF_LIFE, most=most), clock


def end(measures: Measures, one: Ended, model: str = "m") -> None:
    measures.began(1, model)
    measures.ended(1, model, ok=one.ok, first_s=one.first_s, seconds=one.seconds, output=one.output)


def run(calls: list[Ended]) -> tuple[Measures, Clock, list[float]]:
    """Measures after the calls, and the weight of each of them then."""
    measures, clock = measures_of()
    at = []
    for one in calls:
        clock.now += one.pause
        end(measures, one)
        at.append(clock.now)
    return measures, clock, [2 ** ((moment - clock.now) / HALF_LIFE) for moment in at]


def known(measures: Measures, model: str = "m") -> Measured:
    found = measures.of(1, model)
    assert found is not None
    return found


TIMES = st.floats(0.002, 2000)
CALLS = st.lists(
    st.builds(
        Ended,
        pause=st.one_of(st.floats(0, 5), st.floats(0, 400), st.sampled_from([0.0, 3000.0, 6000.0])),
        ok=st.sampled_from([True, True, True, False, None]),
        first_s=st.one_of(st.none(), TIMES),
        seconds=TIMES,
        output=st.integers(0, 5000),
    ),
    min_size=1,
    max_size=60,
)


def mean(pairs: list[tuple[float, float]]) -> float | None:
    """Of (weight, value); ``None`` without weight to speak of."""
    total = sum(weight for weight, _ in pairs)
    return sum(weight * value for weight, value in pairs) / total if total >= 0.01 else None


def same(one: float | None, other: float | None) -> bool:
    return one is other is None or one == pytest.approx(other, rel=1e-6)


@settings(max_examples=300, deadline=None)
@given(calls=CALLS)
def test_sums_and_means_are_those_of_all_calls_by_their_weight(calls: list[Ended]) -> None:
    measures, _, weights = run(calls)
    pairs = list(zip(weights, calls, strict=True))
    counted = [(weight, one) for weight, one in pairs if one.ok is not None]
    good = [(weight, one) for weight, one in pairs if one.ok]
    found = known(measures)
    total = sum(weight for weight, _ in counted)
    failed = sum(weight for weight, one in counted if not one.ok)
    assert found.calls == pytest.approx(total, rel=1e-6, abs=1e-12)
    assert found.failure_rate == pytest.approx(failed / (total + PRIOR_CALLS), rel=1e-6, abs=1e-12)
    assert same(found.seconds, mean([(weight, one.seconds) for weight, one in good]))
    assert same(found.first_s, mean([(w, one.first_s) for w, one in good if one.first_s is not None]))
    made = sum(weight * one.output for weight, one in good if one.output)
    spent = sum(weight * one.seconds for weight, one in good if one.output)
    expected = made / spent if spent > 1e-9 and sum(weight for weight, _ in good) >= 0.01 else None
    assert expected is None or same(found.throughput, expected)
    assert found.in_flight == 0


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.tuples(TIMES, st.one_of(st.just(0.0), st.floats(0, 3))), min_size=20, max_size=200),
    stream=st.booleans(),
)
def test_p95_is_within_a_buckets_width_of_the_true_one(values: list[tuple[float, float]], stream: bool) -> None:
    calls = [
        Ended(pause, first_s=value if stream else None, seconds=5000 if stream else value) for value, pause in values
    ]
    measures, _, weights = run(calls)
    found = measures.p95(1, "m", stream=stream)
    assert measures.p95(1, "m", stream=not stream) is None
    if sum(weights) < 20 - 1e-6:
        assert found is None
        return
    ordered = sorted(zip((value for value, _ in values), weights, strict=True))
    below, need = 0.0, 0.95 * sum(weights)
    near = []  # the true one, and its neighbours where rounding may decide between them
    for value, weight in ordered:
        if below - 1e-6 <= need <= below + weight + 1e-6:
            near.append(value)
        below += weight
    assert found is not None
    assert min(near) / WIDTH <= found * (1 + 1e-9) and found <= max(near) * WIDTH * (1 + 1e-9)


@settings(max_examples=200, deadline=None)
@given(calls=CALLS, pauses=st.lists(st.floats(0.1, 1000), min_size=1, max_size=10))
def test_without_calls_weights_and_failures_only_fade_and_means_stay_until_they_are_gone(
    calls: list[Ended], pauses: list[float]
) -> None:
    measures, clock, _ = run(calls)
    before = known(measures)
    for pause in pauses:
        clock.now += pause
        after = known(measures)
        assert after.calls == pytest.approx(before.calls * 2 ** (-pause / HALF_LIFE), rel=1e-6, abs=1e-300)
        assert after.failure_rate <= before.failure_rate
        for one in ("first_s", "seconds", "throughput"):
            assert getattr(after, one) in (getattr(before, one), None)
        assert after.last_at == before.last_at
        before = after


@settings(max_examples=100, deadline=None)
@given(calls=CALLS, data=st.data())
def test_the_order_of_calls_at_one_moment_does_not_matter(calls: list[Ended], data: st.DataObject) -> None:
    at_once = [Ended(0, one.ok, one.first_s, one.seconds, one.output) for one in calls]
    one, _, _ = run(at_once)
    two, _, _ = run(data.draw(st.permutations(at_once)))
    assert known(one)[:5] == pytest.approx(known(two)[:5])
    for stream in (True, False):
        assert same(one.p95(1, "m", stream=stream), two.p95(1, "m", stream=stream))


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(["began", "ok", "failed", "unknown"]), st.floats(-5e5, 5e5)), max_size=60)
)
def test_whatever_the_clock_does_figures_stay_figures(steps: list[tuple[str, float]]) -> None:
    measures, clock = measures_of()
    in_flight = 0
    for word, jump in steps:
        clock.now += jump
        if word == "began":
            measures.began(1, "m")
            in_flight += 1
            continue
        ok = {"ok": True, "failed": False, "unknown": None}[word]
        measures.ended(1, "m", ok=ok, first_s=0.5, seconds=1.0, output=10)
        in_flight = max(in_flight - 1, 0)
        found = known(measures)
        assert found.in_flight == in_flight
        assert 0 <= found.failure_rate < 1
        assert 0 <= found.calls < 1.1 * len(steps)
        assert found.seconds in (None, pytest.approx(1.0))
        measures.p95(1, "m", stream=True)


def test_after_the_clock_was_set_back_new_calls_count_as_much_as_ever() -> None:
    measures, clock = measures_of()
    for _ in range(30):
        end(measures, Ended(0, first_s=1.0))
    clock.now -= 3600
    for _ in range(300):
        end(measures, Ended(0.1, ok=False))
    assert known(measures).failure_rate > 0.85
    clock.now += 1200
    assert known(measures).calls < 1


def test_one_failure_of_one_call_is_not_all() -> None:
    measures, _ = measures_of()
    end(measures, Ended(0, ok=False))
    assert known(measures).failure_rate == pytest.approx(1 / 3)
    for _ in range(200):
        end(measures, Ended(0, ok=False))
    assert known(measures).failure_rate > 0.98


def test_a_provider_that_recovered_is_soon_known_to_be_well() -> None:
    measures, clock = measures_of()
    for _ in range(50):
        end(measures, Ended(0, ok=False))
    clock.now += 600
    for _ in range(20):
        end(measures, Ended(0))
    assert known(measures).failure_rate < 0.1


def test_calls_in_flight_are_counted_and_abandoned_ones_tell_nothing_else() -> None:
    measures, clock = measures_of()
    for _ in range(3):
        measures.began(1, "m")
    clock.now += 5
    measures.ended(1, "m", ok=None, first_s=9.0, seconds=9.0, output=9)
    found = known(measures)
    assert (found.in_flight, found.calls, found.seconds, found.first_s, found.throughput) == (2, 0, None, None, None)
    assert found.last_at == clock.now


def test_failed_attempts_do_not_make_a_target_look_quick() -> None:
    measures, _ = measures_of()
    for _ in range(30):
        end(measures, Ended(0, seconds=4.0, output=80))
        end(measures, Ended(0, ok=False, seconds=0.01))
    found = known(measures)
    assert (found.seconds, found.throughput) == (pytest.approx(4.0), pytest.approx(20.0))
    p95 = measures.p95(1, "m", stream=False)
    assert p95 is not None and 4 / WIDTH <= p95 <= 4 * WIDTH


def test_p95_needs_enough_calls_and_forgets() -> None:
    measures, clock = measures_of()
    for _ in range(19):
        end(measures, Ended(0, first_s=0.3))
    assert measures.p95(1, "m", stream=True) is None
    end(measures, Ended(0, first_s=0.3))
    assert measures.p95(1, "m", stream=True) is not None
    clock.now += 60
    assert measures.p95(1, "m", stream=True) is None


@pytest.mark.parametrize(("value", "bound"), [(0.0, 0.0013), (-1.0, 0.0013), (1e9, 4195)])
def test_times_beyond_the_histogram_count_at_its_ends(value: float, bound: float) -> None:
    measures, _ = measures_of()
    for _ in range(20):
        end(measures, Ended(0, first_s=value, seconds=1.0))
    found = measures.p95(1, "m", stream=True)
    assert found is not None and bound / WIDTH / WIDTH <= found <= bound


def test_targets_nobody_called_are_unknown_and_the_longest_unused_go() -> None:
    measures, clock = measures_of(most=50)
    assert measures.of(1, "m") is None and measures.p95(1, "m", stream=True) is None
    for n in range(500):
        clock.now += 1
        end(measures, Ended(0), "kept")
        end(measures, Ended(0), f"made up {n}")
    present = [n for n in range(500) if measures.of(1, f"made up {n}") is not None]
    assert 40 <= len(present) < 50 and present == list(range(500 - len(present), 500))
    assert known(measures, "kept").calls > 100
