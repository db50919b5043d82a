"""Scores: how good a candidate is for a request at this moment, in four parts of 0..1, each explained at its function.

``total`` is the sum of the parts by the goal's weights. Two things stand outside the sum, so that no weights can hide
them: a candidate that fails now is put behind all that do not (``is_failing``), and one not tried lately may be tried
before a better known one, seldom (``gateway.routing.shortlists``).
"""

from __future__ import annotations

import random
from math import log, sqrt
from typing import NamedTuple, Protocol

from gateway.routing.candidates import Candidate
from gateway.routing.goals import Goal, Parts
from gateway.routing.traits import Traits
from providers.catalogue import CompiledProvider
from providers.measures import PRIOR_CALLS

ADEQUATE = 0.12  # the least class that is enough for a simple question
WIDEST, NARROWEST = 1_000_000, 8_000
CHEAPEST, DEAREST = 0.02, 60.0  # USD for a million units
UNKNOWN_PRICE = 0.35
SLOWEST = 80.0  # seconds for the whole answer
USUAL_FIRST = 0.5  # seconds, where only whole replies were measured
MOST_FIRST = 0.9  # of an answer's time, at most, is the wait for its first content
UNMEASURED = 0.6
HOPED = 0.95  # the best that one may hope for of a target not tried lately
HOPE_GROWS = 60.0  # seconds without a call after which half of that is hoped for
CROWD = 8.0  # calls in flight at which a target nobody has heard of yet is worth half
IN_A_ROW = 3  # failures after which a target rests
SHORTEST_REST, LONGEST_REST = 10.0, 60.0  # seconds
WAITING_CALLS, LEAST_SILENCE, USUAL_SECONDS = 3, 3.0, 10.0
FAILING = 0.35  # share of calls
ASSUMED_CALLS, ASSUMED_FAILURES = 10.0, 0.01


class Measured(Protocol):
    """What scores read of ``providers.measures.Measured``. Times are seconds, throughput is output units a second."""

    @property
    def calls(self) -> float: ...
    @property
    def failure_rate(self) -> float: ...
    @property
    def first_s(self) -> float | None: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def throughput(self) -> float | None: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def last_at(self) -> float: ...
    @property
    def in_a_row(self) -> int: ...
    @property
    def silent_s(self) -> float: ...


class Blocked(Protocol):
    @property
    def reason(self) -> str: ...
    @property
    def until(self) -> float: ...


class Moment(Protocol):
    """What planning asks of the moment: ``gateway.routing.live.Live``."""

    random: random.Random
    turns: dict[str, int]

    def measured(self, provider_id: int, model: str, /) -> Measured | None: ...
    def blocked(self, provider_id: int, model: str, /) -> Blocked | None: ...
    def token_share(self, provider: CompiledProvider, /) -> float: ...
    def now(self) -> float: ...


class Score(NamedTuple):
    """``note``: what is odd about it, in words; "" for nothing."""

    total: float
    capability: float
    cost: float
    performance: float
    availability: float
    note: str = ""


def capability(goal: Goal, one: Candidate) -> float:
    """How well the model suits the goal, from the catalogue alone (``gateway.routing.candidates`` on classes).

    "enough": 1 for every model of a certain class, half for smaller ones, so that cost or speed decide. "fair" and
    "class": the class, a step up counting less the higher it is, and with "fair" still less: the dearest model is not
    twice as good. "code": the class, and a bonus for models made for code. "window": mostly the width of the window, on
    a log scale. Models made for one purpose that is not chat (guards, OCR) get next to nothing.
    """
    if one.special:
        return 0.05
    strength = one.strength
    match goal.judging:
        case "enough":
            return 1.0 if strength >= ADEQUATE else 0.5
        case "fair":
            return 1 - (1 - min(strength, 1.0)) ** 3
        case "code":
            strength = min(1.0, strength + (0.15 if one.for_code else 0.0))
        case "window":
            width = _scale(one.window or NARROWEST, NARROWEST, WIDEST)
            return 0.6 * width + 0.4 * (1 - (1 - min(strength, 1.0)) ** 2)
        case _:
            strength = max(0.0, strength - (0.1 if one.for_code else 0.0))
    return 1 - (1 - min(strength, 1.0)) ** 2


def cost(one: Candidate, given: float, answered: float) -> float:
    """The price of this request's mix of units (``given`` and ``answered``, estimated), on a log scale: 1 up to $0.02 a
    million, 0 from $60. Free is 1, and so is a local model without a price; unknown is worth ``UNKNOWN_PRICE``."""
    price_in, price_out = one.input_price, one.output_price
    if price_in is None and price_out is None:
        return 1.0 if one.local else UNKNOWN_PRICE
    paid_in = price_in if price_in is not None else price_out or 0.0
    paid_out = price_out if price_out is not None else paid_in
    total = given * paid_in + answered * paid_out + one.request_price * 1_000_000
    price = total / (given + answered)
    if price <= CHEAPEST:
        return 1.0
    return 1 - _COST_SCALE * log(price / CHEAPEST) if price < DEAREST else 0.0


def performance(measured: Measured | None, answered: float, *, stream: bool) -> float:
    """The time for an answer of ``answered`` units, by what was measured, by its square root: 1 at once, 0.78 in 4 s,
    0.5 in 20 s, 0 from 80 s. Of a stream the time to the first content counts twice: somebody may be waiting for it.

    Unmeasured is worth ``UNMEASURED``, less the more calls are on their way there: not all of them go where nothing is
    known yet."""
    if measured is None:
        return UNMEASURED
    if measured.seconds is None:
        return UNMEASURED * CROWD / (CROWD + measured.in_flight)
    seconds = seconds_for(measured, measured.seconds, answered)
    if stream and measured.first_s is not None:
        seconds += measured.first_s
    return max(0.0, 1 - sqrt(seconds / SLOWEST))


def seconds_for(measured: Measured, mean: float, answered: float) -> float:
    """The time until the first content, and from there on at the measured pace: a target that was only asked short
    questions is not slow because most of their time was waiting. ``mean``: seconds of its calls."""
    produced = (measured.throughput or 0.0) * mean  # units of an answer, on average
    if produced <= 0:
        return mean
    first = min(USUAL_FIRST if measured.first_s is None else measured.first_s, MOST_FIRST * mean)
    return first + answered * (mean - first) / produced


def failure_rate(measured: Measured | None) -> float:
    """The share of calls that fail, by those of the last minutes and ``ASSUMED_CALLS`` before them that went as usual:
    few calls tell little."""
    if measured is None:
        return ASSUMED_FAILURES
    failures = measured.failure_rate * (measured.calls + PRIOR_CALLS)
    return min(1.0, (failures + ASSUMED_CALLS * ASSUMED_FAILURES) / (measured.calls + ASSUMED_CALLS))


def availability(measured: Measured | None, tokens: float) -> float:
    """The share of calls that go well, lessened where few of the provider's tokens may be used (``tokens``: their
    share)."""
    well = 1 - failure_rate(measured)
    return well * (0.7 + 0.3 * tokens) if tokens else 0.0


def is_failing(measured: Measured, now: float) -> str:
    """Why it goes behind those that do not fail, in words; "" if it does not.

    After some failures in a row it rests for a few seconds, longer with each. So it does while calls wait there and
    none has ended for twice as long as they usually take: one that hangs would else take every call until the first
    time limit is over. Whoever fails too often waits until that is some minutes ago, or until tries went well.
    """
    row = measured.in_a_row
    if row >= IN_A_ROW:
        rest = min(LONGEST_REST, SHORTEST_REST * 2.0 ** min(row - IN_A_ROW, 10))
        if now - measured.last_at < rest:
            return f"its last {row} calls failed"
    silent = measured.silent_s
    if measured.in_flight >= WAITING_CALLS and silent > max(LEAST_SILENCE, 2 * (measured.seconds or USUAL_SECONDS)):
        return f"no call ended there for {silent:.0f} s, {measured.in_flight} wait"
    failing = failure_rate(measured)
    return f"{failing:.0%} of its calls failed lately" if failing > FAILING else ""


def scored(parts: Parts, found: tuple[float, float, float, float]) -> float:
    return (
        parts.capability * found[0]
        + parts.cost * found[1]
        + parts.performance * found[2]
        + parts.availability * found[3]
    )


def expected(goal: Goal, traits: Traits) -> tuple[float, float]:
    """Units in and out that a request is reckoned with."""
    answered = min(goal.output, traits.output) if traits.output else goal.output
    return float(max(traits.input, 1)), float(answered)


def note(one: Candidate) -> str:
    if one.input_price is None and one.output_price is None and not one.local:
        return "its price is not known"
    return "made for another purpose, by its name" if one.special else ""


def _scale(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, log(value / low) / log(high / low)))


_COST_SCALE = 1 / log(DEAREST / CHEAPEST)
