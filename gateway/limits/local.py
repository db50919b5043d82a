"""All rules of a call decided at once in this process: all let it through and count it, or none does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.limits.compiled import Rule
from gateway.limits.window import GONE, REQUESTS, SLOTS, USAGE, WINDOW_US, Entry, Window

IDLE_CHECK = 1024  # windows; beyond it, idle ones are let go each time their number has doubled
PARALLEL = 3  # the measure beside REQUESTS and USAGE
LEAST_WAIT_US = 1_000_000  # for a call that is inside to leave

Share = tuple[Window, Entry]  # of one call in one rule


class Ticks:
    """Microseconds that never go back, also when the clock is set back. ``clock`` gives seconds."""

    __slots__ = ("_ahead", "_clock", "_last", "slot_us")

    def __init__(self, clock: Callable[[], float], *, window_us: int = WINDOW_US) -> None:
        self._clock = clock
        self._ahead = self._last = 0
        self.slot_us = window_us // SLOTS

    def now(self) -> int:
        now = int(self._clock() * 1e6) + self._ahead
        if now < self._last:
            self._ahead += self._last - now
            now = self._last
        self._last = now
        return now


class Refusal(NamedTuple):
    """``rule``: the number of the one that lets calls through last, by its ``measure``. ``wait_us``: until the earliest
    moment at which this very call would pass if nobody else came; for calls inside only the least. ``used``: see
    ``Local.used``. ``reset_us``: until nothing counts any more."""

    rule: int
    measure: int
    wait_us: int
    used: list[int]
    reset_us: int


class Local:
    """The windows of one process, by rule."""

    def __init__(self, ticks: Ticks) -> None:
        self.ticks = ticks
        self.windows: dict[str, Window] = {}
        self._check_at = IDLE_CHECK

    def window(self, rule_id: str) -> Window:
        window = self.windows.get(rule_id)
        if window is None:
            if len(self.windows) >= self._check_at:
                self._forget_idle()
            window = self.windows[rule_id] = Window()
        return window

    def refusal(self, rules: Sequence[Rule], units: int, now: int) -> Refusal | None:
        """Why the call may not pass now; ``None`` if it may. ``units`` are at most every rule's usage."""
        slot = now // self.ticks.slot_us
        oldest = slot - SLOTS
        windows = self.windows
        for rule in rules:
            window = windows.get(rule[0])
            if window is None:
                continue
            if window.entries and window.entries[0][0] < oldest:
                window.expire(slot)
            _, _, requests, usage, parallel = rule
            if (
                (requests is not None and window.requests >= requests)
                or (usage is not None and window.usage + units > usage)
                or (parallel is not None and window.inside >= parallel)
            ):
                return self._refusal(rules, units, now)
        return None

    def add(self, rules: Sequence[Rule], units: int, now: int) -> list[Share]:
        """Counts the call, whatever the limits say."""
        slot = now // self.ticks.slot_us
        windows, shares = self.windows, []
        for rule in rules:
            window = windows.get(rule[0]) or self.window(rule[0])
            if window.entries and window.entries[0][0] < slot - SLOTS:
                window.expire(slot)
            window.inside += 1
            shares.append((window, window.add(slot, 1, units)))
        return shares

    def add_usage(self, rule: Rule, units: int) -> None:
        """What a call used beyond what was held for it counts from now on."""
        self.window(rule.id).add(self.ticks.now() // self.ticks.slot_us, 0, units)

    def used(self, rules: Sequence[Rule]) -> list[int]:
        """Of each rule the requests, the usage and the calls inside, one after the other."""
        found: list[int] = []
        for rule in rules:
            window = self.windows.get(rule[0])
            found += (window.requests, window.usage, window.inside) if window is not None else (0, 0, 0)
        return found

    def known_full(self, rules: Sequence[Rule], now: int) -> Refusal | None:
        """A refusal by what Redis said before it went away: until that moment no further request would pass."""
        for number, rule in enumerate(rules):
            window = self.windows.get(rule.id)
            if window is None or rule.requests is None:
                continue
            requests, until = window.full
            if now < until and rule.requests <= requests:
                used = self.used(rules)
                used[3 * number] = requests
                return Refusal(number, REQUESTS, until - now, used, self.reset_us(now))
        return None

    def reset_us(self, now: int) -> int:
        """How long what comes now counts."""
        return (now // self.ticks.slot_us + SLOTS + 1) * self.ticks.slot_us - now

    def _refusal(self, rules: Sequence[Rule], units: int, now: int) -> Refusal:
        slot_us = self.ticks.slot_us
        last = (-1, -1, -1)  # wait, rule, measure
        newest = GONE
        for number, rule in enumerate(rules):
            window = self.window(rule.id)
            window.expire(now // slot_us)
            if rule.requests is not None or rule.usage is not None:
                newest = max(newest, window.newest)
            for measure, limit, excess in (
                (REQUESTS, rule.requests, window.requests + 1),
                (USAGE, rule.usage, window.usage + units),
            ):
                if limit is not None and excess > limit:
                    wait = (window.slot_of(measure, excess - limit) + SLOTS + 1) * slot_us - now
                    last = max(last, (wait, -number, -measure))
            if rule.parallel is not None and window.inside >= rule.parallel:
                last = max(last, (LEAST_WAIT_US, -number, -PARALLEL))
        reset = (newest + SLOTS + 1) * slot_us - now if newest != GONE else 0
        return Refusal(-last[1], -last[2], last[0], self.used(rules), reset)

    def _forget_idle(self) -> None:
        slot = self.ticks.now() // self.ticks.slot_us
        for window in self.windows.values():
            window.expire(slot)
        self.windows = {name: window for name, window in self.windows.items() if not window.idle}
        self._check_at = max(IDLE_CHECK, 2 * len(self.windows))
