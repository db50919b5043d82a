"""One call that the cache may answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.answer import Headers
from gateway.cache.compiled import Policy
from gateway.cache.entry import Entry, name_of
from gateway.cache.flights import Flight, Outcome
from gateway.cache.found import HEADER, HIT, JOINED, SIMILAR, Found
from gateway.cache.keeping import Keeping, Wanted
from gateway.cache.keying import digest
from gateway.cache.similar import Vector, question_of, vector
from gateway.errors import DeadlineExceeded, NotCached
from gateway.inbound import Inbound
from providers.errors import Fault, SwitchboardError

if TYPE_CHECKING:
    from gateway.cache.answers import AnswerCache

log = logging.getLogger("switchboard.cache")

EMBEDDING_SECONDS = 2.0  # that a call may lose to finding out what it is similar to


def not_cached() -> NotCached:
    """RFC 9111 §5.2.1.7: who asks for a stored answer only gets 504 where there is none."""
    return NotCached("There is no answer to this request in the cache.")


class Asked:
    """``key``: what the request is known by. It is looked for first (``look_now``, ``look``); where nothing is found,
    the call is sent and its answer told to ``keeping``, or ``leave`` is said."""

    __slots__ = (
        *("_body", "_cache", "_flight", "_group", "_head", "_inbound", "_keeping", "_vector"),
        *("key", "policy", "scope"),
    )

    def __init__(
        self,
        cache: AnswerCache,
        inbound: Inbound,
        policy: Policy,
        *,
        key: bytes,
        scope: str,
        head: bytes,
        body: Mapping[str, Any],
    ) -> None:
        self.policy = policy
        self.key = key
        self.scope = scope
        self._cache = cache
        self._inbound = inbound
        self._head = head
        self._body = body
        self._flight: Flight | None = None  # the one that this call leads
        self._keeping: Keeping | None = None
        self._group = b""
        self._vector: Vector | None = None

    # --- looking ---------------------------------------------------------------------------------------
    def look_now(self) -> Found | None:
        """In memory."""
        if not self.policy.look:
            return None
        entry = self._cache.memory.get(self.key, now=self._cache.clock())
        return self._hit(entry, "memory") if entry is not None and self._is_fresh(entry) else None

    async def look(self, *, within: float) -> Found | None:
        """Everywhere. Where identical calls are joined, this one waits for the one in flight, up to ``within`` seconds,
        or is the one that the others wait for. Raises ``not_cached`` where only a kept answer would do, and
        ``DeadlineExceeded``."""
        if not self.policy.look:
            return None
        if self.policy.join and not self.policy.only:
            return await self._joined(within)
        found = self.look_now() or await self._beyond()
        if found is None and self.policy.only:
            raise not_cached()
        return found

    async def _joined(self, within: float) -> Found | None:
        loop, flights = asyncio.get_running_loop(), self._cache.flights
        ends = loop.time() + within
        while (flight := flights.of(self.key)) is not None:
            try:
                outcome = await flight.outcome(within=ends - loop.time())
            except TimeoutError:
                raise DeadlineExceeded(f"The same request, sent before, had no answer within {within:g} s.") from None
            if outcome is Outcome.ALONE:
                return None
            if isinstance(outcome, Found) and self._is_fresh(outcome.entry):
                return self._counted(outcome)
            if isinstance(outcome, Entry):
                return self._counted(Found(outcome, how=JOINED, level=JOINED, now=self._cache.clock()))
        return await self._leading(flights.lead(self.key))

    async def _leading(self, flight: Flight) -> Found | None:
        self._flight = flight
        try:
            found = self.look_now() or await self._beyond()
        except BaseException:
            flight.land(Outcome.AGAIN)
            raise
        if found is not None:
            flight.land(found)
        return found

    async def _beyond(self) -> Found | None:
        """On the other levels, then what was similar."""
        found = await self._on_levels(self.key)
        if found is not None:
            return self._hit(*found)
        return await self._similar() if self.policy.similar else None

    async def _on_levels(self, key: bytes) -> tuple[Entry, str] | None:
        """The first that has it, and it is in memory from now on."""
        name = ""
        for level in self._cache.usable_levels():
            name = name or name_of(key)
            entry = await level.get(key, scope=self.scope, name=name)
            if entry is not None and self._is_fresh(entry):
                self._cache.memory.put(entry)
                return entry, level.name
        return None

    async def _similar(self) -> Found | None:
        """What the most similar request got. Its vector is kept for when this one's answer is."""
        cache, question = self._cache, question_of(self._body)
        if question is None or cache.embed is None or cache.embed_rests.away:
            return None
        model, threshold = cache.caching.similar_model, cache.caching.similar_threshold
        group = digest(b"similar %s\0%s" % (model.encode(), self._head), question.rest)
        try:
            async with asyncio.timeout(EMBEDDING_SECONDS):
                self._vector = vector(await cache.embed(question.text, model, self._inbound.caller))
        except (SwitchboardError, TimeoutError, ValueError) as error:
            if getattr(error, "fault", None) is not Fault.CALLER:  # one team's limit is no reason for the others
                cache.embed_rests.failed(error)
            return None
        cache.embed_rests.well()
        if self._vector is None or group is None:
            return None
        self._group = group
        for key, _ in cache.similar.nearest(group, self._vector, threshold=threshold):
            found = cache.memory.get(key, now=cache.clock())
            entry = found if found is not None else await self._elsewhere(key)
            if entry is None:
                cache.similar.drop(group, key)
            elif self._is_fresh(entry):
                return self._counted(Found(entry, how=SIMILAR, level=SIMILAR, now=cache.clock()))
        return None

    async def _elsewhere(self, key: bytes) -> Entry | None:
        found = await self._on_levels(key)
        return found[0] if found is not None else None

    def _is_fresh(self, entry: Entry) -> bool:
        """Also where the admin has shortened the time since it was kept."""
        now, policy = self._cache.clock(), self.policy
        age = now - entry.created
        return entry.expires > now and age <= policy.seconds and (policy.max_age is None or age <= policy.max_age)

    def _hit(self, entry: Entry, level: str) -> Found:
        return self._counted(Found(entry, how=HIT, level=level, now=self._cache.clock()))

    def _counted(self, found: Found) -> Found:
        self._cache.count(found)
        return found

    # --- keeping ---------------------------------------------------------------------------------------
    def keeping(self) -> Keeping:
        """One and the same, however often it is asked for."""
        if self._keeping is None:
            operation = self._inbound.operation
            wanted = Wanted(
                key=self.key,
                scope=self.scope,
                seconds=self.policy.seconds,
                stream=operation.stream,
                chats=operation.chats,
                several=self._body.get("n") not in (None, 1),
                id=self._inbound.id,
            )
            cache = self._cache
            self._keeping = Keeping(
                wanted, flight=self._flight, store=self._store, unfit=cache.unfit, clock=cache.clock
            )
        return self._keeping

    def leave(self) -> None:
        """Nothing comes of it: the same as ``keeping().dropped()``. What is said after the end changes nothing."""
        self.keeping().dropped()

    def headers(self) -> Headers:
        """Of an answer that did not come from the cache."""
        return ((HEADER, b"miss" if self.policy.look else b"refresh"),)

    def _store(self, entry: Entry) -> None:
        self._cache.store(entry)
        if self._vector is not None and self._group:
            self._cache.similar.add(self._group, self.key, self._vector)
