"""One rule's counts in this process: what was let through in the last minute, and what is inside now. No I/O, no clock.

Time is cut into slots. A call counts in the slot it came in, until that slot lies wholly outside of the window: what is
counted is that of 60 to 60.25 seconds, so never more than the limit passes in any 60, and no less than 0.5 % under it.
"""

from __future__ import annotations

from collections import deque

SLOTS = 240  # of a window; a slot is 250 ms where the window is a minute
WINDOW_US = 60_000_000
SLOT, REQUESTS, USAGE = range(3)
GONE = -1  # the slot of an entry that counts no more

Entry = list[int]  # slot, requests, usage
STAY_WEIGHT = 0.1  # of the newest call in the mean time that calls stay


class Window:
    """Slots are numbers that never go back."""

    __slots__ = ("entries", "full", "inside", "requests", "stay", "usage")

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.requests = self.usage = 0  # sums over the entries
        self.inside = 0
        self.stay = 0.0  # seconds for which calls are inside, of late
        self.full = (0, 0)  # over all processes there were so many requests, and no more may come until then (in us)

    def expire(self, slot: int) -> None:
        """Lets go of what lies outside of the window that ends with ``slot``."""
        entries, oldest = self.entries, slot - SLOTS
        while entries and entries[0][SLOT] < oldest:
            gone = entries.popleft()
            gone[SLOT] = GONE
            self.requests -= gone[REQUESTS]
            self.usage -= gone[USAGE]

    def add(self, slot: int, requests: int, usage: int) -> Entry:
        """Counts in ``slot``, the newest; gives what ``correct`` needs."""
        self.requests += requests
        self.usage += usage
        entries = self.entries
        if entries:
            entry = entries[-1]
            if entry[SLOT] == slot:
                entry[REQUESTS] += requests
                entry[USAGE] += usage
                return entry
        entry = [slot, requests, usage]
        entries.append(entry)
        return entry

    def correct(self, entry: Entry, requests: int, usage: int) -> None:
        """Adds to where it was counted; nothing once that is over."""
        if entry[SLOT] != GONE:
            entry[REQUESTS] += requests
            entry[USAGE] += usage
            self.requests += requests
            self.usage += usage

    def slot_of(self, measure: int, amount: int) -> int:
        """The slot with which so many requests or so much usage, counted from the oldest, will have left. The newest
        if there is less."""
        for entry in self.entries:
            amount -= entry[measure]
            if amount <= 0:
                return entry[SLOT]
        return self.newest

    @property
    def newest(self) -> int:
        """The slot of the last call; ``GONE`` if none counts any more."""
        return self.entries[-1][SLOT] if self.entries else GONE

    def leave(self, seconds: float | None) -> None:
        """One that was inside for so long is gone; ``None``: it tells nothing of others."""
        self.inside -= 1
        if seconds is not None:
            self.stay += (seconds - self.stay) * STAY_WEIGHT if self.stay else seconds

    @property
    def idle(self) -> bool:
        return not self.inside and not self.entries
