"""Which of the tokens that may be used is taken: the least busy one, or the one a conversation stays with; and what is
said where none may be."""

from __future__ import annotations

from collections.abc import Sequence

from providers.catalogue import CompiledProvider, CompiledToken
from providers.condition import Condition
from providers.errors import RateLimited
from providers.rendezvous import digest, salt, score

BACK = 300.0  # seconds that a rotated token stays behind all others
Held = tuple[CompiledToken, Condition]


def least_busy(free: Sequence[Held], *, now: float) -> Held:
    """The one with the fewest calls under way; of several, the one that was used longest ago."""
    if len(free) == 1:
        return free[0]
    best, least = free[0], (float("inf"), 0, 0.0)
    for held in free:
        condition = held[1]
        back = _back(condition, now) if condition.rotated_at else 0.0
        busy = (back, condition.in_flight, condition.last_used)
        if busy < least:
            best, least = held, busy
    return best


def steadiest(free: Sequence[Held], session: str, *, now: float) -> Held:
    """The token that a conversation stays with, as every process finds it."""
    asked = digest(session)
    best, most = free[0], (float("-inf"), 0)
    for held in free:
        condition = held[1]
        if not condition.salt:
            condition.salt = salt(held[0].id, rotated_at=condition.rotated_at)
        fit = (-_back(condition, now) if condition.rotated_at else 0.0, score(asked, condition.salt))
        if fit > most:
            best, most = held, fit
    return best


def _back(condition: Condition, now: float) -> float:
    """0, or for a token lately rotated the moment that was: the one sent to the back first comes first."""
    return condition.rotated_at if now - condition.rotated_at < BACK else 0.0


def resting(provider: CompiledProvider, wait: float) -> RateLimited:
    """The refusal of a pool of which every token rests or is at a limit."""
    error = RateLimited(
        f"Every token of {provider.name} is resting or at its limit; the first is back in {wait:.0f} s.",
        retry_after=max(wait, 1.0),
    )
    error.provider = provider.name
    return error
