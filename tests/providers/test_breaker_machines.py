"""Circuit breakers under any order of events: against a plain model, and two processes that share a table."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from providers.breaker import BreakerRules, Breakers, Pass, State, Transition
from providers.errors import SwitchboardError, UnsupportedFeature, VendorFailed, VendorTimeout
from tests.providers.test_breaker import ACME, DOWN, LIMITED, REFUSED, REJECTED, Clock

RULES = BreakerRules(window=60, minimum=4, rate=0.5, open_seconds=15, longest=60, probes=2, unreachable_in_a_row=3)
OUTCOMES = [None, DOWN, REFUSED, VendorTimeout("slow"), LIMITED, REJECTED, UnsupportedFeature("no"), "abandoned"]
MODELS = ("a", "b")


@dataclass
class Begun:
    """A call on its way, with how often each breaker had changed when it began."""

    model: str
    taken: Pass
    at: float
    changes: dict[str, int]
    left: bool = False


@dataclass
class Expected:
    """What a breaker should be, kept the plain way: all results in a list."""

    state: str = "closed"
    until: float = 0
    changes: int = 0
    good: int = 0  # probes answered since it went half-open
    results: list[tuple[float, str]] = field(default_factory=list)  # bucket and word, those since it closed

    def turned(self, made: Transition) -> None:
        assert made.before == self.state != made.after
        assert (made.at < made.until <= made.at + RULES.longest) if made.after == "open" else made.until == 0
        self.state, self.until = made.after, made.until
        self.changes += 1
        self.good = 0
        if made.after == "closed":
            self.results.clear()

    def may_open(self, now: float) -> bool:
        """Whether the last result, a failure, is enough by the rules of one breaker."""
        counted = [word for bucket, word in self.results if bucket > now // 6 - 10 and word in ("good", "bad", "gone")]
        bad = sum(word != "good" for word in counted)
        by_rate = len(counted) >= RULES.minimum and bad >= RULES.rate * len(counted)
        last = [(bucket, word) for bucket, word in self.results][-3:]
        in_a_row = len(last) == 3 and all(word == "gone" for _, word in last) and now // 6 - last[0][0] <= 10
        return by_rate or in_a_row


def word_of(outcome: object) -> str:
    """What a breaker learns: good, bad, gone (unreachable), there (answered, tells nothing else) or nothing."""
    if outcome is None or outcome is REJECTED:
        return "good"
    if outcome is REFUSED:
        return "gone"
    if outcome is LIMITED:
        return "there"
    return "bad" if isinstance(outcome, VendorFailed | VendorTimeout) else ""


class Guarded(RuleBasedStateMachine):
    """A provider with two models, its calls ending in any way and any order, or never."""

    calls = Bundle("calls")

    @initialize()
    def start(self) -> None:
        self.clock = Clock()
        self.breakers = Breakers(RULES, clock=self.clock)
        self.expected = {key: Expected() for key in ("", *MODELS)}
        self.begun: list[Begun] = []

    def follow(self) -> list[Transition]:
        told = self.breakers.drain()
        for made in told:
            self.expected[made.model].turned(made)
        return told

    def probing(self, key: str) -> int:
        """Probes on their way that hold a slot: begun since it went half-open, and not too long ago."""
        return sum(
            one.changes[key] == self.expected[key].changes and self.clock.now - one.at <= RULES.longest
            for one in self.begun
            if not one.left and key in (one.model, "")
        )

    def is_blocked(self, key: str) -> bool:
        expected = self.expected[key]
        if expected.state == "open":
            return self.clock.now < expected.until
        return expected.state == "half_open" and self.probing(key) >= RULES.probes

    @rule(target=calls, model=st.sampled_from(MODELS))
    def enter(self, model: str) -> Begun | None:
        blocked = self.breakers.blocked(ACME, model)
        assert (blocked is not None) == (self.is_blocked("") or self.is_blocked(model))
        assert blocked is None or blocked.until > self.clock.now
        taken = self.breakers.enter(ACME, model)
        assert (taken is None) == (blocked is not None)
        assert all(made.after == "half_open" for made in self.follow())
        if taken is None:
            return None
        begun = Begun(model, taken, self.clock.now, {key: one.changes for key, one in self.expected.items()})
        self.begun.append(begun)
        return begun

    @rule(begun=consumes(calls), outcome=st.sampled_from(OUTCOMES))
    def leave(self, begun: Begun | None, outcome: object) -> None:
        if begun is None:
            return
        self.end(begun, outcome)

    @rule(begun=calls, outcome=st.sampled_from(OUTCOMES))
    def leave_again(self, begun: Begun | None, outcome: object) -> None:
        if begun is not None and begun.left:
            before = self.breakers.all_states()
            self.end(begun, outcome)
            assert self.breakers.all_states() == before

    @rule(model=st.sampled_from(MODELS), outcome=st.sampled_from(OUTCOMES[:5]), times=st.integers(1, 6))
    def call(self, model: str, outcome: object, times: int) -> None:
        for _ in range(times):
            begun = self.enter(model)
            if begun is not None:
                self.end(begun, outcome)

    def end(self, begun: Begun, outcome: object) -> None:
        keys = ("", begun.model)
        before = {key: self.expected[key].state for key in keys}
        current = {key for key in keys if begun.changes[key] == self.expected[key].changes and not begun.left}
        word = word_of(outcome)
        spared = "" if word == "bad" and all(key in current and before[key] == "half_open" for key in keys) else None
        for key in current:
            if word and key != spared:
                self.expected[key].results.append((self.clock.now // 6, word))
                self.expected[key].good += word == "good" and before[key] == "half_open"
        wanted = {key: self.wanted(self.expected[key], word, spared=key == spared) for key in current}
        begun.left = True
        if outcome == "abandoned":
            self.breakers.leave(begun.taken, abandoned=True)
        else:
            self.breakers.leave(begun.taken, outcome)  # type: ignore[arg-type]
        assert {made.model for made in self.follow()} <= current, "a late or second word changed a breaker"
        for key in current:
            # a provider may stay closed for the sake of its other model, never open without cause
            states = {wanted[key], before[key]} if key == "" and before[key] == "closed" else {wanted[key]}
            assert self.expected[key].state in states

    def wanted(self, expected: Expected, word: str, *, spared: bool) -> str:
        """The state after a result that counts."""
        failed = word in ("bad", "gone") and not spared
        if expected.state == "half_open":
            return "open" if failed else "closed" if expected.good >= RULES.probes else "half_open"
        return "open" if failed and expected.may_open(self.clock.now) else "closed"

    @rule(tenths=st.sampled_from([1, 1, 1, 2, 3, 5, 10, 40]))
    def wait(self, tenths: int) -> None:
        self.clock.now += 6.0 * tenths

    @precondition(lambda self: any(one.state == "open" for one in self.expected.values()))
    @rule()
    def wait_until_the_first_may_be_tried(self) -> None:
        first = min(one.until for one in self.expected.values() if one.state == "open")
        self.clock.now = max(self.clock.now, first)

    @invariant()
    def never_more_probes_than_allowed(self) -> None:
        for key, expected in getattr(self, "expected", {}).items():
            assert expected.state != "half_open" or self.probing(key) <= RULES.probes

    @invariant()
    def pages_tell_the_same(self) -> None:
        for key, expected in getattr(self, "expected", {}).items():
            tried = expected.state == "open" and self.clock.now >= expected.until
            assert self.breakers.state(ACME, key).state == ("half_open" if tried else expected.state)

    def teardown(self) -> None:
        """Whatever happened, and though some calls never came back: with the vendor well, all closes again."""
        if not hasattr(self, "expected"):
            return
        for _ in range(3):
            self.clock.now += RULES.longest + 1
            for model in MODELS:
                self.call(model, None, 2)
        assert {one.state for one in self.expected.values()} == {"closed"}


TestGuarded = Guarded.TestCase
TestGuarded.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


class Processes(RuleBasedStateMachine):
    """Two processes, and a table that keeps the later news."""

    @initialize(ahead=st.sampled_from([0.0, 0.0, 40.0]))
    def start(self, ahead: float) -> None:
        self.clocks = [Clock(), Clock(Clock().now + ahead)]
        self.both = [Breakers(RULES, clock=clock) for clock in self.clocks]
        self.table: dict[tuple[int, str], Transition] = {}
        self.ahead = ahead

    @rule(
        which=st.integers(0, 1),
        model=st.sampled_from(MODELS),
        outcome=st.sampled_from([None, None, DOWN, DOWN, DOWN, REFUSED, LIMITED]),
        times=st.integers(1, 5),
    )
    def call(self, which: int, model: str, outcome: SwitchboardError | None, times: int) -> None:
        for _ in range(times):
            self.wait(0.000013)  # no two calls end in the same microsecond
            taken = self.both[which].enter(ACME, model)
            if taken is not None:
                self.both[which].leave(taken, outcome)

    @rule(seconds=st.sampled_from([0.0, 0.4, 6.0, 15.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        for clock in self.clocks:
            clock.now += seconds

    @rule(which=st.integers(0, 1), model=st.sampled_from(["", *MODELS]))
    def close_by_hand(self, which: int, model: str) -> None:
        self.wait(0.000013)
        self.both[which].reset(ACME, model)

    @rule(which=st.integers(0, 1))
    def fail_to_write(self, which: int) -> None:
        self.both[which].give_back(self.both[which].drain())

    @rule(which=st.integers(0, 1))
    def exchange_one(self, which: int) -> None:
        self.write(which)
        self.read(which)

    @rule()
    def exchange(self) -> None:
        for which in (0, 1):
            self.write(which)
        for which in (0, 1):
            self.read(which)
        self.agree(*self.both)

    def agree(self, one: Breakers, two: Breakers) -> None:
        for model in ("", *MODELS):
            now, then = one.state(ACME, model), two.state(ACME, model)
            assert (now.state is State.CLOSED) == (then.state is State.CLOSED)
            if not self.ahead:  # else each counts an open breaker's time by its own clock
                assert now.state is then.state
                assert abs(now.until - then.until) < 0.01  # both may have opened within the same millisecond
                assert one.blocked(ACME, model) == two.blocked(ACME, model)

    def write(self, which: int) -> None:
        for note in self.both[which].drain():
            row = self.table.get((note.provider_id, note.model))
            if row is None or note.changed_at > row.changed_at:
                self.table[note.provider_id, note.model] = note

    def read(self, which: int) -> None:
        for row in self.table.values():
            self.both[which].adopt(row)
        assert self.both[which].transitions == [], "news of others is not told again"

    def teardown(self) -> None:
        """A restart: a third process that only reads agrees with the two."""
        if not hasattr(self, "both"):
            return
        self.exchange()
        third = Breakers(RULES, clock=self.clocks[0])
        for row in self.table.values():
            third.adopt(row)
        self.agree(self.both[0], third)


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
