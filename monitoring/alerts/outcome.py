"""How a try to send ended when it did not arrive. The messages are for people and hold no secret."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)  # doubled from try to try
LONGEST_WAIT = timedelta(hours=1)
MOST_TRIES = 29  # 63 minutes for the first seven, an hour for each of the others: a day in all
LONGEST_ASKED = timedelta(hours=6)  # that a receiver's Retry-After is followed


class NotSent(Exception):
    """``status``: the receiver's HTTP status, 0 for none."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.message, self.status = message[:300], status


class Refused(NotSent):
    """It will not get better by itself: somebody has to change something."""


class TryAgain(NotSent):
    """``retry_after``: seconds that the receiver asked for."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


def next_try(tries: int, now: datetime, *, retry_after: float | None = None) -> datetime | None:
    """When to try again after ``tries`` of them; ``None``: give up."""
    if tries >= MOST_TRIES:
        return None
    if retry_after is not None:
        return now + min(max(timedelta(seconds=retry_after), timedelta(seconds=1)), LONGEST_ASKED)
    doubled: int = 2 ** min(max(tries - 1, 0), 10)
    return now + min(FIRST_WAIT * doubled, LONGEST_WAIT)
