"""Time limits of one attempt."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from providers.errors import VendorTimeout


class Timeouts(NamedTuple):
    """Seconds: to connect, until the reply begins, without a byte in the middle of it, and in all."""

    connect: float = 10
    first_byte: float = 300
    silence: float = 120
    total: float = 1800


class Watch:
    """One timer for a whole attempt: it cancels the waiting task when the vendor is silent too long. A timer for each
    read would cost more than the read."""

    __slots__ = ("_due", "_expired", "_handle", "_limit", "_loop", "_name", "_phase", "_task", "_total_due", "_waiting")

    def __init__(self, name: str, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._phase = f"did not begin to answer within {timeouts.first_byte:g} s"
        self._limit = timeouts.first_byte
        now = self._loop.time()
        self._due = now + timeouts.first_byte
        self._total_due = now + timeouts.total
        self._expired = ""
        self._waiting = False
        self._task = asyncio.current_task()
        self._handle = self._loop.call_at(min(self._due, self._total_due), self._check)

    def adopt(self) -> None:
        """The task that calls this is the one that waits from now on."""
        self._task = asyncio.current_task()

    def wait(self) -> None:
        """The task waits for the vendor from here on. Raises ``VendorTimeout`` when time ran out while nobody did."""
        if self._expired:
            raise VendorTimeout(f"{self._name} {self._expired}.")
        self._due = self._loop.time() + self._limit
        self._waiting = True

    def heard(self) -> None:
        """Bytes came; from here on the app may be the slow one."""
        self._waiting = False

    def began(self, silence: float) -> None:
        """The status line came: from now on ``silence`` seconds are the limit."""
        self._waiting = False
        self._limit = silence
        self._phase = f"sent nothing for {silence:g} s"

    def stop(self) -> None:
        self._handle.cancel()

    def took(self, cancelled: asyncio.CancelledError) -> VendorTimeout:
        """What to raise for a cancellation that reached the waiting task. Raises ``cancelled`` again if the app's
        leaving or the server's end was behind it."""
        if not self._expired or self._task is None or self._task.uncancel() > 0:
            raise cancelled
        return VendorTimeout(f"{self._name} {self._expired}.")

    def _check(self) -> None:
        """Lets an app that reads slowly have its time, up to the time in all."""
        now = self._loop.time()
        if now >= self._total_due:
            self._end(now)
        elif not self._waiting:
            self._handle = self._loop.call_at(min(now + max(self._limit, 0.05), self._total_due), self._check)
        elif now >= self._due:
            self._expire(self._phase)
        else:
            self._handle = self._loop.call_at(min(self._due, self._total_due), self._check)

    def _end(self, now: float) -> None:
        """An app that is just reading hears of it when it comes for more; it is cut off only if it does not come for as
        long as the vendor may be silent."""
        why = "took longer than it may in all"
        if self._waiting or self._expired:
            self._expire(why)
        else:
            self._expired = why
            self._handle = self._loop.call_at(now + self._limit, self._check)

    def _expire(self, why: str) -> None:
        self._expired = why
        if self._task is not None:
            self._task.cancel()
