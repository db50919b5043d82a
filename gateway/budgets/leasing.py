"""The slices of this process and its talk with the database about them: leasing what calls lack, together; giving
back what idles; reading how periods stand. On the event loop; the database is asked in one thread beside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.happenings import Booked, budget_booked
from gateway.budgets.hold import Claim
from gateway.budgets.slices import IDLE, Slice
from gateway.budgets.store import Key, Report, Seen, Unsure
from gateway.budgets.work import Worker

log = logging.getLogger("switchboard.budgets")

DATABASE_PATIENCE = 3.0  # seconds for one answer of the database
AWAY = 1.0  # an outage is remembered: it must not cost a wait a call
RENEW = 60.0
SHORTEST = 0.1  # a pace is measured over no less
WATCH = 10.0  # after its last call a period is still looked at for that long


class Leasing:
    """``clock`` is monotonic, ``wall`` in seconds since the epoch."""

    def __init__(self, worker: Worker, *, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self.holder = ""
        self.away_until = 0.0
        self._worker = worker
        self._clock = clock
        self._wall = wall
        self._slices: dict[Key, Slice] = {}
        self._current: dict[int, Slice] = {}  # by budget
        self._waiting: dict[Key, list[int]] = {}
        self._answer: asyncio.Future[bool] | None = None  # of the round of leases that those who wait will be in
        self._leasing: asyncio.Task[None] | None = None
        self._exchanging: asyncio.Task[None] | None = None
        self._failing = False
        self._renew_at = 0.0
        self._polled_at = clock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None

    def start(self, holder: str) -> None:
        self.holder = holder
        self._loop = asyncio.get_running_loop()
        self._worker.start()
        self._unsubscribe = budget_booked.subscribe(self._hear)

    async def stop(self) -> None:
        """Gives back what is free. What is held or not booked yet comes back when the journal is drained."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        try:
            async with asyncio.timeout(DATABASE_PATIENCE):
                if self._exchanging is not None:
                    await asyncio.shield(self._exchanging)
                await self._exchange(last=True)
        except Exception as error:
            log.warning("leases of budgets were not given back (%s); the journal's end does it", type(error).__name__)
        self._worker.stop()

    def slice(self, budget: CompiledBudget, now: float) -> Slice:
        """That of its period at ``now``."""
        found = self._current.get(budget.id)
        if found is None or found.budget is not budget or not found.key[1] <= now < found.ends:
            found = self._begun(budget, now)
        return found

    def _begun(self, budget: CompiledBudget, now: float) -> Slice:
        start = budget.start(now)
        found = self._slices.get((budget.id, start))
        if found is None:
            found = self._slices[budget.id, start] = Slice(budget, start=start, now=self._clock())
        if found.budget is not budget:
            found.change(budget)
        self._current[budget.id] = found
        return found

    # --- what calls lack ------------------------------------------------------------------------------
    async def lease(self, claims: Sequence[Claim]) -> bool:
        """Takes part in the next round of leases. False: the database does not answer."""
        for slice_, need, hard in claims:
            if hard and need > slice_.free:
                self._waiting.setdefault(slice_.key, []).append(need)
            elif slice_.seen is None:
                self._waiting.setdefault(slice_.key, [])
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
        if self._leasing is None or self._leasing.done():
            self._leasing = asyncio.create_task(self._rounds())
        answered = False
        try:
            async with asyncio.timeout(DATABASE_PATIENCE):
                answered = await asyncio.shield(self._answer)
        except TimeoutError:
            self.away_until = self._clock() + AWAY
        self._unseen(claim.slice for claim in claims)
        return answered

    async def _rounds(self) -> None:
        """Round after round while calls wait. Nobody who waits can cancel it: what is leased is taken into account."""
        while self._answer is not None:
            answer, self._answer = self._answer, None
            waiting, self._waiting = self._waiting, {}
            here = {key: needs for key, needs in waiting.items() if key in self._slices}
            wanted = {key: self._slices[key].wanted(needs) for key, needs in here.items() if needs}
            answered = True
            try:
                await self._talk(Report(wanted=wanted, look=tuple(here)))
            except Exception:
                answered = False
            answer.set_result(answered)

    @staticmethod
    def _unseen(slices: Iterable[Slice]) -> None:
        """Shadow budgets hold no call up: what cannot be seen counts as nothing, until the next poll."""
        for slice_ in slices:
            if slice_.seen is None and not slice_.hard:
                slice_.seen = Seen(limit=slice_.budget.amount)

    # --- the poll -------------------------------------------------------------------------------------
    async def exchange(self) -> None:
        """Never raises; an outage is logged once. One that hangs is not waited for again."""
        if not self._slices or not self.holder or (self._exchanging is not None and not self._exchanging.done()):
            return
        self._exchanging = asyncio.create_task(self._exchanged())
        await asyncio.shield(self._exchanging)

    async def _exchanged(self) -> None:
        """Twice where the first look shows that others lack what idles here: they wait no longer than a second."""
        await self._exchange()
        if any(slice_.claimed for slice_ in self._slices.values()):
            await self._exchange()

    async def _exchange(self, *, last: bool = False) -> None:
        report = self._report(last=last)
        if not report.keys:
            return
        changes = {key: one.changes for key, one in self._slices.items()}
        try:
            seen = await self._talk(report)
        except Unsure:
            return  # what was given back may be: comparing finds out
        except Exception:
            self._take_back(report)
            return
        if report.renew:
            self._renew_at = self._clock() + RENEW
        for key in seen:
            if key in self._slices and changes.get(key) == self._slices[key].changes:
                self._compare(self._slices[key])
        for key in report.forget:
            self._forget(key, changes)

    def _report(self, *, last: bool) -> Report:
        clock, wall = self._clock(), self._wall()
        renew = clock >= self._renew_at
        passed = clock - self._polled_at
        if passed >= SHORTEST:
            self._polled_at = clock
        back, refused, wanted, look, forget = {}, {}, {}, [], []
        for key, slice_ in self._slices.items():
            if passed >= SHORTEST:
                slice_.measure(passed)
            over = last or wall >= slice_.ends
            if spare := slice_.give_back(now=clock, over=over):
                back[key] = spare
            elif not over and (ahead := slice_.ahead(now=clock)):
                wanted[key] = ahead
            if slice_.refused:
                refused[key], slice_.refused = slice_.refused, 0
            if renew or slice_.free or clock - slice_.touched < WATCH:
                look.append(key)
            elif slice_.quiet and clock - slice_.touched > IDLE + WATCH:
                forget.append(key)
        return Report(back, refused, wanted, tuple(look), tuple(forget), renew and bool(look))

    def _take_back(self, report: Report) -> None:
        """Nothing of it was done."""
        for key, amount in report.back.items():
            self._slices[key].returned(amount)
        for key, count in report.refused.items():
            self._slices[key].refused += count

    @staticmethod
    def _compare(slice_: Slice) -> None:
        difference = slice_.compare()
        if difference < 0:
            log.warning("budget %r: %d less is leased than was known here", slice_.budget.name, -difference)

    def _forget(self, key: Key, changes: Mapping[Key, int]) -> None:
        slice_ = self._slices[key]
        if slice_.quiet and slice_.changes == changes.get(key):
            del self._slices[key]
            if self._current.get(key[0]) is slice_:
                del self._current[key[0]]

    async def _talk(self, report: Report) -> Mapping[Key, Seen]:
        """One transaction. Takes over what it leased and saw."""
        try:
            seen: Mapping[Key, Seen] = await self._worker.run(self.holder, report)
        except Exception as error:
            self.away_until = self._clock() + AWAY
            if not self._failing:
                log.warning("budgets cannot be leased (%s); calls spend what is", type(error).__name__)
            self._failing = True
            raise
        if self._failing:
            log.warning("budgets can be leased again")
        self._failing, self.away_until = False, 0.0
        for key, one in seen.items():
            if key in self._slices:
                self._slices[key].granted(one, now=self._clock())
        return seen

    # --- what the consumer booked ---------------------------------------------------------------------
    def _hear(self, told: Booked) -> None:
        """In the consumer's thread."""
        if told.holder == self.holder and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._booked, told)

    def _booked(self, told: Booked) -> None:
        for key, part in told.parts.items():
            slice_ = self._slices.get(key)
            if slice_ is not None:
                slice_.booked(part.total, part.leased)
