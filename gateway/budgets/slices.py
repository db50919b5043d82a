"""The slice of a period that this process holds, as it spends it in memory. No I/O, no clock of its own.

The lease in the database covers ``free + held + unbooked``: what may be held, what is held, and what was settled but
not booked by the journal's consumer yet.
"""

from __future__ import annotations

from gateway.budgets.compiled import CompiledBudget
from gateway.budgets.store import Key, Seen, Wanted

IDLE = 2.0  # seconds without a call after which all that is free goes back
FIRST = 4  # the first call of a slice leases that many times its worst case: the next ones need not ask
KEEP = 2  # seconds of its pace that a busy slice keeps, and twice as much before it gives something back
FADE = 0.7  # of the pace, from poll to poll


class Slice:
    """All amounts are in what the budget measures. ``loose`` is what calls spend that no lease covers: of soft and
    shadow budgets, and what a vendor billed above a hold. Times are the book's monotonic seconds."""

    __slots__ = (
        *(
            "asked_until",
            "budget",
            "changes",
            "ends",
            "free",
            "held",
            "key",
            "loose",
            "pace",
            "refused",
            "refused_need",
        ),
        *("refused_until", "renewed", "seen", "surplus", "taken", "touched", "unbooked"),
    )

    def __init__(self, budget: CompiledBudget, *, start: int, now: float) -> None:
        self.key: Key = (budget.id, start)
        self.budget = budget
        self.ends = budget.end(start)
        self.free = 0
        self.held = 0
        self.unbooked = 0
        self.loose = 0
        self.surplus = 0  # leased, but by a transaction whose end nobody saw; goes back
        self.seen: Seen | None = None
        self.renewed = now
        self.touched = now
        self.pace = 0.0  # held a second
        self.taken = 0  # held since the last poll
        self.changes = 0  # of held, unbooked, loose: two looks compare only what stood still
        self.refused = 0  # calls, since the last poll
        self.refused_need = 0
        self.refused_until = 0.0

    @property
    def hard(self) -> bool:
        return self.budget.hard

    @property
    def gone(self) -> bool:
        """Whether the budget was deleted."""
        return self.seen is not None and self.seen.limit is None

    @property
    def spent(self) -> int:
        """As far as this process knows."""
        return (self.seen.spent if self.seen is not None else 0) + self.unbooked + self.loose

    @property
    def elsewhere(self) -> int:
        """What other processes hold."""
        return max(self.seen.others, 0) if self.seen is not None else 0

    @property
    def quiet(self) -> bool:
        """Whether nothing of it is in this process."""
        return not (self.free or self.held or self.unbooked or self.loose or self.refused or self.surplus)

    def limit(self, now: float) -> int:
        """As last seen in the database, else as compiled. ``now``: seconds since the epoch."""
        return self.seen.limit if self.seen is not None and self.seen.limit is not None else self.budget.limit(now)

    def change(self, budget: CompiledBudget) -> None:
        """An admin changed it; a refusal under its old amount says nothing any more. Of a day that became a week with
        the same beginning, the end is another."""
        self.budget = budget
        self.ends = budget.end(self.key[1])
        self.refused_until = 0.0

    def reachable(self) -> int:
        """What could be had beside what is free, if every other process gave back all it has."""
        return 0 if self.seen is None else self.seen.available + self.elsewhere

    def take(self, amount: int, *, hard: bool, now: float) -> None:
        self.touched = now
        self.changes += 1
        if hard:
            self.free -= amount
            self.held += amount
            self.taken += amount
        else:
            self.loose += amount

    def settle(self, held: int, spent: int, *, hard: bool) -> None:
        """``spent`` above what was ``held`` comes out of no lease."""
        self.changes += 1
        if not hard:
            self.loose += spent - held
            return
        covered = min(held, spent)
        self.held -= held
        self.free += held - covered
        self.unbooked += covered
        self.loose += spent - covered

    def booked(self, total: int, leased: int) -> None:
        """The consumer booked that."""
        self.changes += 1
        rest = total - leased
        loose = min(rest, self.loose)
        self.loose -= loose
        self.unbooked = max(0, self.unbooked - leased - (rest - loose))
        if self.seen is not None:
            own = self.seen.own - leased if self.seen.own is not None else None
            self.seen = self.seen._replace(spent=self.seen.spent + total, leased=self.seen.leased - leased, own=own)

    def granted(self, seen: Seen, *, now: float) -> None:
        """The lease as it stands, with what was just added to it."""
        if seen.own is None:  # released: this process was taken for dead, and others may hold it by now
            self.free = 0
        self.seen = seen
        self.renewed = now
        self.free += seen.granted

    def compare(self) -> int:
        """What the lease holds beyond what is known here, where nothing moves; below 0: it holds less, so that less is
        free. To be asked right after ``granted``, with nothing changed since the look began."""
        if self.unbooked or self.loose or self.seen is None:
            return 0
        difference = (self.seen.own or 0) - self.free - self.held
        if difference < 0:
            self.free = max(0, self.free + difference)
        self.surplus = max(0, difference)
        return difference

    def give_back(self, *, now: float, over: bool) -> int:
        """What goes back, no longer free from here on."""
        spare = self.spare(now=now, over=over)
        self.free -= spare
        spare, self.surplus = spare + self.surplus, 0
        return spare

    def returned(self, amount: int) -> None:
        """It did not go back after all."""
        self.free += amount

    # --- how much of it is kept ---------------------------------------------------------------------
    def measure(self, seconds: float) -> None:
        """The pace of the last ``seconds``."""
        self.pace = max(self.taken / seconds, self.pace * FADE)
        self.taken = 0

    @property
    def claimed(self) -> bool:
        """Whether some of what is free should be elsewhere: another process lacks it, or the amount is less by now."""
        if self.free <= 0 or self.seen is None or self.seen.limit is None:
            return False
        return self.seen.asked or self.seen.available < 0

    def spare(self, *, now: float, over: bool) -> int:
        """What may go back now. ``over``: the period is."""
        if self.free <= 0:
            return 0
        if over or not self.hard or now - self.touched >= IDLE or (self.seen is not None and self.seen.asked):
            return self.free
        keep = int(self.pace * KEEP)
        spare = self.free - keep if self.free > 2 * keep else 0
        above = -self.seen.available if self.seen is not None and self.seen.limit is not None else 0
        return min(self.free, max(spare, above))

    def ahead(self, *, now: float) -> Wanted | None:
        """What a busy slice leases before a call lacks it."""
        if not self.hard or self.gone or now - self.touched >= IDLE or (self.seen is not None and self.seen.asked):
            return None
        keep = int(self.pace * KEEP)
        return Wanted(ahead=keep - self.free) if self.free < keep // 2 else None

    def wanted(self, needs: list[int]) -> Wanted:
        """For calls that wait."""
        if not needs:
            return Wanted()
        least, total = min(needs) - self.free, sum(needs) - self.free
        ahead = 0 if self.seen is not None and self.seen.asked else max(int(self.pace * KEEP), (FIRST - 1) * max(needs))
        return Wanted(max(least, 0), max(total, 0), ahead)
