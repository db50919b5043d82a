"""Circuit breakers: a provider, or one of its models, that fails too often is left alone for a while, then tried with
a few probes. Runs on the event loop and never awaits. What changed is noted for ``providers.breaker_store``, and what
other processes noted comes back through ``Breakers.adopt``.

    closed ──(too many failures)──▶ open ──(its time is over)──▶ half-open ──(probes answered)──▶ closed
                                      ◀──(a probe failed: twice as long)──┘
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator

from providers.breaker_one import BUCKETS, Breaker, Pass
from providers.breaker_terms import (
    CLOSED,
    HALF_OPEN,
    OPEN,
    Blocked,
    BreakerNow,
    BreakerRules,
    State,
    Transition,
    vendor_failed,
    vendor_spoke,
)
from providers.errors import Retry, SwitchboardError, VendorUnreachable

__all__ = ["Blocked", "BreakerNow", "BreakerRules", "Breakers", "Pass", "State", "Transition"]

FORGOTTEN_AFTER = 3600.0  # seconds without a call until a closed breaker is dropped
MOST_NOTED = 5000  # changes kept while they cannot be written; beyond, only the last of each breaker


class Breakers:
    """All breakers of this process: one a provider (model "") and one a (provider, model), made when first called.
    ``most``: models kept; the longest unused go first. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        rules: BreakerRules = BreakerRules(),
        *,
        clock: Callable[[], float] = time.time,
        most: int = 10_000,
    ) -> None:
        self.clock = clock
        self.most = most
        self.transitions: list[Transition] = []  # not drained yet
        self._wholes: dict[int, Breaker] = {}
        self._count = 0
        self._tidy_at = 0.0
        self.rules = rules
        self.set_rules(rules)

    def set_rules(self, rules: BreakerRules) -> None:
        """Holds from now on, for what is open as well. Another window begins with no calls in it."""
        rules = rules._replace(window=max(rules.window, 1.0), probes=max(rules.probes, 1))
        for breaker in self._every():
            if rules.window != self.rules.window:
                breaker.window.clear()
            breaker.wait = min(breaker.wait, rules.longest)
            breaker.opens_until(self.clock())
        self.rules = rules
        self._width = rules.window / BUCKETS

    # --- calls -----------------------------------------------------------------------------------

    def blocked(self, provider_id: int, model: str) -> Blocked | None:
        """Whether ``enter`` would say no, and until when. Changes no state: for planning and explaining."""
        whole = self._wholes.get(provider_id)
        if whole is None:
            return None
        part = whole.parts.get(model, whole)
        if whole.state is CLOSED and part.state is CLOSED:
            return None
        now = self.clock()
        found = [blocked for one in (whole, part) if (blocked := one.blocked(self.rules, now))]
        return max(found, key=lambda blocked: blocked.until, default=None)

    def enter(self, provider_id: int, model: str) -> Pass | None:
        """At the start of an attempt; ``None`` when blocked. While half-open it takes one of the probe slots, of the
        provider and of the model, or of neither."""
        whole = self._wholes.get(provider_id)
        if whole is None:
            whole = self._new_whole(provider_id)
        part = whole.parts.get(model)
        if part is None:
            part = self._new_part(whole, model)
        if whole.state is CLOSED and part.state is CLOSED:
            return Pass(whole, part)
        return self._enter_guarded(whole, part)

    def leave(self, taken: Pass, error: SwitchboardError | None = None, *, abandoned: bool = False) -> None:
        """What came of an attempt; a second word about it is ignored. ``abandoned``: nothing was learnt.

        A failure is an error that is the vendor's fault. A refusal the vendor spoke is a success: it is there. What
        is our account's business, or never reached the vendor, counts as neither.
        """
        if taken.left:
            return
        taken.left = True
        now = self.clock()
        taken.part.last_used = now
        if error is None and not abandoned and taken.is_usual:
            bucket = int(now / self._width)
            taken.part.window.good(bucket)
            if taken.whole is not taken.part:
                taken.whole.window.good(bucket)
            return
        failed = None if abandoned else vendor_failed(error)
        of_the_model = error is not None and _of_the_model(taken, error)
        if taken.part.phase == taken.part_phase:
            self._learn(taken.part, taken, failed, error, now)
        if taken.whole is not taken.part and taken.whole.phase == taken.whole_phase:
            self._learn(taken.whole, taken, None if failed and of_the_model else failed, error, now)

    # --- people, and other processes -------------------------------------------------------------

    def state(self, provider_id: int, model: str = "") -> BreakerNow:
        """Changes nothing."""
        breaker = self._find(provider_id, model)
        now = self.clock()
        return breaker.told(int(now / self._width), now) if breaker else BreakerNow(CLOSED, "", 0, 0, 0, 0)

    def all_states(self) -> dict[tuple[int, str], BreakerNow]:
        """By provider and model: those called within the last hour or so, and those not closed. Changes nothing."""
        now = self.clock()
        bucket = int(now / self._width)
        return {(one.provider_id, one.model): one.told(bucket, now) for one in self._every()}

    def reset(self, provider_id: int, model: str = "") -> None:
        """An admin's word: closed, and what was counted is forgotten."""
        breaker = self._find(provider_id, model)
        if breaker is None:
            return
        if breaker.state is not CLOSED:
            self._turn(breaker, CLOSED, "closed by hand", self.clock())
        breaker.window.clear()
        breaker.unreachable.clear()

    def drain(self) -> list[Transition]:
        """The changes since the last time, oldest first."""
        self._tidy(self.clock())
        noted, self.transitions = self.transitions, []
        return noted

    def give_back(self, transitions: Iterable[Transition]) -> None:
        """Puts changes that were drained and could not be written back before the newer ones."""
        self.transitions[:0] = transitions
        self._limit_notes()

    def adopt(self, news: Transition) -> None:
        """Takes over what the table says, if it is newer. Notes nothing; half-open follows by itself at ``until``."""
        breaker = self._find(news.provider_id, news.model)
        if breaker is None:
            if news.after is CLOSED and self.clock() - news.changed_at > FORGOTTEN_AFTER:
                return  # what would be forgotten at once
            whole = self._wholes.get(news.provider_id) or self._new_whole(news.provider_id)
            breaker = whole.parts.get(news.model) or self._new_part(whole, news.model)
        tied = news.changed_at == breaker.changed_at and news.after is not breaker.state  # then the table is right
        if tied or news.changed_at > breaker.changed_at:
            breaker.take(news)
            breaker.opens_until(self.clock())

    # --- what a result means ---------------------------------------------------------------------

    def _learn(
        self, breaker: Breaker, taken: Pass, failed: bool | None, error: SwitchboardError | None, now: float
    ) -> None:
        if failed is not None:
            breaker.window.add(int(now / self._width), failed=failed)
        if error is not None or breaker.unreachable:
            self._count_unreachable(breaker, failed, error, now)
        if breaker.state is HALF_OPEN:
            self._probed(breaker, taken, failed, error, now)
        elif failed:
            reason = self._opening(breaker, error, now)
            if reason:
                self._turn(breaker, OPEN, reason, now, wait=min(self.rules.open_seconds, self.rules.longest))

    def _count_unreachable(
        self, breaker: Breaker, failed: bool | None, error: SwitchboardError | None, now: float
    ) -> None:
        if failed and isinstance(error, VendorUnreachable):
            if error.retry is Retry.SAME_TOKEN:
                return  # it had taken the connection, and may have closed it for what one app sent
            breaker.unreachable.append(now)
            del breaker.unreachable[: -max(self.rules.unreachable_in_a_row, 1)]
        elif failed is not None or vendor_spoke(error):
            breaker.unreachable.clear()

    def _probed(
        self, breaker: Breaker, taken: Pass, failed: bool | None, error: SwitchboardError | None, now: float
    ) -> None:
        breaker.probing.pop(taken, None)
        if failed:
            wait = min(breaker.wait * 2, self.rules.longest)
            self._turn(breaker, OPEN, f"a probe failed: {_words(error)}", now, wait=wait)
        elif failed is False:
            breaker.good += 1
            if breaker.good >= self.rules.probes:
                self._turn(breaker, CLOSED, f"answered {breaker.good} probes", now)

    def _opening(self, breaker: Breaker, error: SwitchboardError | None, now: float) -> str:
        """Why a closed breaker opens after this failure; "" if it does not."""
        rules, row = self.rules, breaker.unreachable
        if 0 < rules.unreachable_in_a_row <= len(row) and now - row[0] <= rules.window:
            return f"{len(row)} connections in a row failed, the last one: {_words(error)}"
        calls, failures = breaker.window.all_calls, breaker.window.all_failures
        if calls < rules.minimum or failures < rules.rate * calls or self._only_one_model(breaker, now):
            return ""
        return f"{failures} of {calls} calls within {rules.window:g} s failed, the last one: {_words(error)}"

    def _only_one_model(self, breaker: Breaker, now: float) -> bool:
        """Whether a provider's other models do well without the one that fails most: then that one's own breaker is
        enough, and they go on."""
        bucket = int(now / self._width)
        counted = [part.window.recent(bucket) for part in breaker.parts.values() if part is not breaker]
        calls, failures = max(counted, key=lambda one: one[1], default=(0, 0))
        rest, failed = breaker.window.all_calls - calls, breaker.window.all_failures - failures
        return rest > 0 and failed < self.rules.rate * rest

    # --- changes of state ------------------------------------------------------------------------

    def _turn(self, breaker: Breaker, state: State, reason: str, now: float, *, wait: float = 0) -> None:
        self.transitions.append(breaker.turn(state, reason, now, wait=wait))
        self._limit_notes()

    def _enter_guarded(self, whole: Breaker, part: Breaker) -> Pass | None:
        now = self.clock()
        both = Pass(whole, part).breakers
        if any(one.blocked(self.rules, now) for one in both):
            return None
        for one in both:
            if one.state is OPEN:
                reason = f"open for {one.wait:g} s, now tried with {self.rules.probes} calls at a time"
                self._turn(one, HALF_OPEN, reason, now, wait=one.wait)
        taken = Pass(whole, part)
        for one in both:
            if one.state is HALF_OPEN:
                one.probing[taken] = now
        return taken

    def _limit_notes(self) -> None:
        if len(self.transitions) > MOST_NOTED:
            self.transitions = list({(one.provider_id, one.model): one for one in self.transitions}.values())

    # --- which breakers there are ----------------------------------------------------------------

    def _find(self, provider_id: int, model: str) -> Breaker | None:
        whole = self._wholes.get(provider_id)
        return whole.parts.get(model) if whole else None

    def _every(self) -> Iterator[Breaker]:
        for whole in list(self._wholes.values()):
            yield from list(whole.parts.values())

    def _new_whole(self, provider_id: int) -> Breaker:
        whole = self._wholes[provider_id] = Breaker(provider_id, "", last_used=self.clock())
        whole.parts[""] = whole
        return whole

    def _new_part(self, whole: Breaker, model: str) -> Breaker:
        now = self.clock()
        whole.last_used = now
        self._tidy(now)
        if self._count >= self.most:
            self._drop_oldest()
        part = whole.parts[model] = Breaker(whole.provider_id, model, last_used=now)
        self._count += 1
        return part

    def _tidy(self, now: float) -> None:
        """Every ten minutes: breakers that nobody needs go."""
        if 0 <= self._tidy_at - now <= FORGOTTEN_AFTER:
            return
        self._tidy_at = now + FORGOTTEN_AFTER / 6
        for one in self._every():
            idle = now - max(one.last_used, one.changed_at)
            if one.state is CLOSED and idle > FORGOTTEN_AFTER and (one.model or len(one.parts) == 1):
                self._drop(one)

    def _drop_oldest(self) -> None:
        models = (one for one in self._every() if one.model)
        some = max(self.most // 10, 1)
        for one in heapq.nsmallest(some, models, key=lambda one: (one.state is not CLOSED, one.last_used)):
            self._drop(one)

    def _drop(self, breaker: Breaker) -> None:
        breaker.phase += 1  # a call that is still on its way has nobody to tell
        if breaker.model:
            del self._wholes[breaker.provider_id].parts[breaker.model]
            self._count -= 1
        else:
            del self._wholes[breaker.provider_id]


def _of_the_model(taken: Pass, error: SwitchboardError) -> bool:
    """Whether a failed probe tells of the model alone: one that stays broken must not hold up the others by failing
    its provider's probes too. That nobody answers at the address tells of the provider as well."""
    both = taken.probes_the_model and taken.part is not taken.whole and taken.whole.state is HALF_OPEN
    return both and not isinstance(error, VendorUnreachable)


def _words(error: SwitchboardError | None) -> str:
    return error.message[:300] if error is not None else ""
