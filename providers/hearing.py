"""What a reply's headers change about a token: what is left is kept, and one that has nothing left rests. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from providers.condition import RETIRED, Condition
from providers.quota import read_quota

EVERY = 1.0  # seconds between two looks at a token's headers while much is left
SILENCE = 5.0  # the same where a vendor sends none
LONGEST = 3600.0  # seconds a token rests at most because headers say that nothing is left


def hears(condition: Condition, headers: Mapping[str, str], *, now: float) -> bool:
    """Keeps what ``headers`` (small letters) tell; gives whether they do. ``now``: seconds since the epoch."""
    quota = read_quota(headers, now=now)
    if quota is None:
        condition.listen_at = now + SILENCE
        return False
    condition.quota = quota
    condition.listen_at = 0 if quota.scarce else now + EVERY
    return True


def rests_until_renewed(condition: Condition, *, now: float) -> bool:
    """Puts a token of which nothing is left to rest; gives whether that is longer than it rests anyway."""
    until = min(condition.quota.used_up_until, now + LONGEST) if condition.quota else 0
    if until <= max(now, condition.resting_until) or condition.standing == RETIRED:
        return False
    condition.rests(until, f"The vendor says that its quota is used up; more comes in {until - now:.0f} s.", now=now)
    return True
