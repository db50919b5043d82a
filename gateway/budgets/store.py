"""What the book asks of the place that keeps leases, and how a period's rest is shared. ``leases`` does it in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

Key = tuple[int, int]  # a period: its budget's primary key, and when it began in seconds since the epoch

SHARE = 4  # ahead of need a process takes at most that part of the rest: slices shrink as the budget nears its end


class Unsure(Exception):
    """The database went away while it committed: nobody knows whether it did."""


class Wanted(NamedTuple):
    """``least``: what the smallest of the waiting calls lacks, ``total``: what all of them lack; ``ahead``: what is
    likely to be needed next. ``least`` 0: nobody waits."""

    least: int = 0
    total: int = 0
    ahead: int = 0


class Seen(NamedTuple):
    """A period as it stands. ``limit`` is ``None`` where its budget is gone, ``own`` where the holder has no lease of
    it. ``asked``: whether some process lately found less than it needs. ``granted``: what was just leased."""

    limit: int | None = None
    spent: int = 0
    leased: int = 0
    own: int | None = None
    asked: bool = False
    granted: int = 0

    @property
    def available(self) -> int:
        """What may still be leased; below 0 where a vendor billed more than a hold, or the amount was lowered."""
        return 0 if self.limit is None else self.limit - self.spent - self.leased

    @property
    def others(self) -> int:
        """What other processes hold: some of it may come back."""
        return self.leased - (self.own or 0)


class Report(NamedTuple):
    """What a process tells in one exchange. ``back``: given back of its leases. ``refused``: calls that were, since
    last time. ``wanted``: to be leased. ``look``: periods it wants to see. ``forget``: those it needs no more.
    ``renew``: says that it is alive."""

    back: Mapping[Key, int] = {}
    refused: Mapping[Key, int] = {}
    wanted: Mapping[Key, Wanted] = {}
    look: tuple[Key, ...] = ()
    forget: tuple[Key, ...] = ()
    renew: bool = False

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset((*self.back, *self.refused, *self.wanted, *self.look, *self.forget))

    @property
    def writes(self) -> bool:
        return bool(self.back or self.refused or self.wanted or self.forget or self.renew)


class Store(Protocol):
    """Blocking, from one thread at a time. Raises ``Unsure`` where it may have been done, anything else where it was
    not."""

    def exchange(self, holder: str, report: Report) -> Mapping[Key, Seen]:
        """Does what the report says in one transaction, and gives how its periods stand then. What is wanted is leased
        after what is given back; where even ``least`` is not to be had, nothing is, and the others are asked."""
        ...


def share(wanted: Wanted, available: int) -> int:
    """How much of what is ``available`` is leased."""
    if available < wanted.least or available <= 0:
        return 0
    needed = min(wanted.total, available)
    return needed + min(wanted.ahead, (available - needed) // SHARE)
