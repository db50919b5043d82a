"""What secrets were exchanged for, of one event loop: each exchange once, renewed before it expires.

A token service that fails is asked again at once, then after longer and longer pauses, in which calls are told of its
last failure. One that gives grants which are over already (a clock is wrong) is not asked by every call either.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

from providers.credential import Credential
from providers.errors import Fault, Retry, SwitchboardError, VendorGarbled
from providers.vendors import Ask, Grant
from providers.vendors.base import Exchange

RENEW_BEFORE = 300.0  # seconds before the end: renewed while calls still use the old one
REFUSE_BEFORE = 30.0  # later than that a call waits for the new one, or it would arrive expired
LEAST_USE = 10.0  # seconds that a grant is used for, whatever it says of its end and whoever refuses it
LONGEST_PAUSE = 15.0  # between two exchanges that fail; a Retry-After may ask for
LONGEST_ASKED_PAUSE = 60.0
UNUSED = 3600.0  # seconds after which a grant is dropped: its token may be gone
TIDIED_EVERY = 600.0
MOST_GRANTS = 10_000


@dataclass(slots=True)
class Held:
    grant: Grant
    made_at: float
    renew_at: float
    refuse_at: float
    used_at: float


class Failure(NamedTuple):
    error: SwitchboardError
    times: int
    until: float


class Grants:
    """``of`` gives the grant of a credential, at most one exchange of it under way at a time. ``clock`` gives seconds
    since the epoch."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._held: dict[Credential, Held] = {}
        self._failed: dict[Credential, Failure] = {}
        self._pending: dict[Credential, asyncio.Task[Grant]] = {}
        self._tidied_at = clock()

    async def of(self, credential: Credential, ask: Ask) -> Grant:
        """Raises what the exchange raises; an error of each caller's own, for it is cleared of secrets in place."""
        now = self._clock()
        held = self._held.get(credential)
        if held is not None:
            held.used_at = now
            if now < held.renew_at:
                return held.grant
        failure = self._paused(credential, now)
        if held is not None and now < held.refuse_at:
            if failure is None:
                self._renewal(credential, ask)
            return held.grant
        if failure is not None:
            raise copy(failure.error)
        try:
            return await asyncio.shield(self._renewal(credential, ask))
        except SwitchboardError as error:
            raise copy(error) from None

    def forget(self, credential: Credential, grant: Grant) -> bool:
        """The vendor refused ``grant`` before its time. Whether another is worth asking for: not where this one was
        made just now."""
        held = self._held.get(credential)
        if held is None or held.grant is not grant:
            return True  # another call asked already
        if abs(self._clock() - held.made_at) < LEAST_USE:
            return False
        del self._held[credential]
        return True

    async def aclose(self) -> None:
        pending = list(self._pending.values())
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _paused(self, credential: Credential, now: float) -> Failure | None:
        """The last failure, where it is too early to ask again."""
        failure = self._failed.get(credential)
        if failure is None or credential in self._pending:
            return None
        return failure if 0 < failure.until - now <= LONGEST_ASKED_PAUSE else None

    def _renewal(self, credential: Credential, ask: Ask) -> asyncio.Task[Grant]:
        task = self._pending.get(credential)
        if task is None:
            task = asyncio.ensure_future(self._exchange(credential, ask))
            task.add_done_callback(lambda done: self._over(credential, done))
            self._pending[credential] = task
        return task

    def _over(self, credential: Credential, task: asyncio.Task[Grant]) -> None:
        self._pending.pop(credential, None)
        if not task.cancelled():
            task.exception()  # looked at: a renewal in the background has nobody else to tell

    async def _exchange(self, credential: Credential, ask: Ask) -> Grant:
        assert credential.auth.exchange is not None
        try:
            grant = await _exchanged(credential.auth.exchange, credential, ask)
        except SwitchboardError as error:
            self._note_failure(credential, error)
            raise
        now = self._clock()
        self._tidy(now)
        self._failed.pop(credential, None)
        self._held[credential] = _held(grant, now)
        return grant

    def _note_failure(self, credential: Credential, error: SwitchboardError) -> None:
        now = self._clock()
        self._tidy(now)
        error.refusal = object()
        before = self._failed.get(credential)
        times = before.times + 1 if before else 1
        pause = min(2.0 ** min(times - 2, 10), LONGEST_PAUSE) if times > 1 else 0.0
        asked = min(error.retry_after or 0.0, LONGEST_ASKED_PAUSE)
        self._failed[credential] = Failure(copy(error), times, now + max(pause, asked))

    def _tidy(self, now: float) -> None:
        """Drops what nobody uses any more: a token that was taken out leaves no secret in memory for good."""
        if len(self._held) >= MOST_GRANTS or len(self._failed) >= MOST_GRANTS:
            self._held.clear()
            self._failed.clear()
        if abs(now - self._tidied_at) < TIDIED_EVERY:
            return
        self._tidied_at = now
        self._held = {key: held for key, held in self._held.items() if now - held.used_at < UNUSED}
        self._failed = {key: failure for key, failure in self._failed.items() if now - failure.until < UNUSED}


async def _exchanged(exchange: Exchange, credential: Credential, ask: Ask) -> Grant:
    """Raises nothing but ``SwitchboardError``: another error's words could hold the secret."""
    try:
        return await exchange(ask, credential.secret, dict(credential.settings))
    except SwitchboardError as error:
        if error.fault is Fault.ACCOUNT and error.retry is Retry.NEXT_TARGET:
            error.retry = Retry.NEXT_TOKEN  # no model was asked yet: what was denied is this account
        raise
    except Exception as error:
        raise VendorGarbled(f"A credential could not be exchanged ({type(error).__name__}).") from None


def _held(grant: Grant, now: float) -> Held:
    """When to ask for the next: well before the end, but not before half of a short life is over."""
    if grant.expires_at is None:
        return Held(grant, now, float("inf"), float("inf"), now)
    left = grant.expires_at - now
    if not left > LEAST_USE:  # nonsense too, which is no number
        left = LEAST_USE
    refused = now + max(left - REFUSE_BEFORE, LEAST_USE)
    renewed = now + left - min(RENEW_BEFORE, left / 2)
    return Held(grant, now, min(renewed, refused), refused, now)
