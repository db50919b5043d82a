"""The cache as a call meets it: ask whether it is ``wanted``, ``look``, else send the call and say what is ``keeping``.

asked = answers.wanted(inbound, plan, headers, snapshot=snapshot, caching=caching)
if asked is not None:
    found = asked.look_now() or await asked.look(within=seconds)      # → found.pieces
    keeping = asked.keeping()                                         # → add(piece) …, done(…) or dropped()
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.cache.asked import Asked, not_cached
from gateway.cache.board import Board, Figures, FileBoard, RedisBoard
from gateway.cache.compiled import NO_CACHING, NO_POLICY, Caching
from gateway.cache.disk import DiskLevel
from gateway.cache.entry import Entry
from gateway.cache.flights import Flights
from gateway.cache.found import Found
from gateway.cache.identity import Identities
from gateway.cache.keying import EVERYONE, LARGEST, body_of, digest, head_of, scope_of
from gateway.cache.later import Later, Level
from gateway.cache.memory import Memory
from gateway.cache.resting import Resting
from gateway.cache.shared import PATIENCE, SharedLevel
from gateway.cache.similar import Similar
from gateway.caller import Caller
from gateway.ending import end
from gateway.inbound import Inbound
from gateway.routing.plan import Plan
from gateway.snapshot import Snapshot

log = logging.getLogger("switchboard.cache")

POLL_SECONDS = 0.4  # a clearing holds everywhere within a second
TELL_SECONDS = 2.0
TRIM_SECONDS = 300.0
FLUSH_SECONDS = 2.0
SHARE_OF_VECTORS = 4  # of the memory, beside it

Embed = Callable[[str, str, Caller], Awaitable[Sequence[float]]]  # text, model, who asks → its vector


class AnswerCache:
    """Of one process. ``directory``: where the disk level and notes to other processes lie. ``embed``: how a text
    becomes a vector; without it only the same request is answered. ``clock``: seconds since the epoch."""

    def __init__(
        self,
        redis: Redis | None,
        *,
        directory: Path,
        process: str,
        embed: Embed | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.embed = embed
        self.process = process
        self.caching = NO_CACHING
        self.figures = Figures()
        self.memory = Memory(0)
        self.similar = Similar(0)
        self.flights = Flights()
        self.identities = Identities()
        self.embed_rests = Resting("the embeddings model of the answer cache")
        self.shared = SharedLevel(redis, Resting("Redis of the answer cache")) if redis is not None else None
        self.disk = DiskLevel(directory, Resting("the answer cache's disk"), clock=clock)
        self.levels: tuple[Level, ...] = (*((self.shared,) if self.shared else ()), self.disk)
        self.later = Later(self.levels, clock=clock)
        self.marks: Mapping[str, str] = {}
        self.marks_known = False  # before that, what others have kept may have been cleared
        self._board: Board = RedisBoard(redis) if redis is not None else FileBoard(directory)
        self._board_rests = Resting("what tells the answer cache of clearings")
        self._poller: asyncio.Task[None] | None = None

    # --- the server's life ---------------------------------------------------------------------------
    async def start(self) -> None:
        await self.read_marks()
        self._poller = asyncio.get_running_loop().create_task(self._poll())

    async def stop(self) -> None:
        """Writes what waits to be kept, for a moment."""
        if self._poller is not None:
            await end(self._poller)
        await self.later.flush(within=FLUSH_SECONDS)
        await self.disk.stop()

    def configure(self, caching: Caching) -> None:
        """These settings hold from now on."""
        if caching == self.caching:
            self.caching = caching
            return
        if (caching.similar_model, caching.similar_threshold) != (
            self.caching.similar_model,
            self.caching.similar_threshold,
        ):
            self.similar.clear()
        self.caching = caching
        self.memory.resize(0 if caching.empty else caching.memory_bytes)
        self.similar.limit = caching.memory_bytes // SHARE_OF_VECTORS
        self.disk.limit = 0 if caching.empty else caching.disk_bytes
        if self.shared is not None:
            self.shared.on = caching.use_redis

    # --- a call ----------------------------------------------------------------------------------------
    def wanted(
        self,
        inbound: Inbound,
        plan: Plan,
        headers: Mapping[str, str],
        *,
        snapshot: Snapshot,
        caching: Caching,
        guards: str = "",
    ) -> Asked | None:
        """``None`` where the cache has nothing to do with the call. ``headers`` as Django names them; ``guards``: what
        changes answers on their way and may be another for another key (which guardrails look at replies). Raises
        ``BadRequest`` for a malformed header, and ``not_cached`` where only a kept answer would do."""
        key, resolved = inbound.caller.key, plan.resolved
        policy = caching.policy(key, resolved.route, headers)
        if policy is NO_POLICY:
            return None
        if not policy.look and policy.only:
            raise not_cached()
        if caching is not self.caching:
            self.configure(caching)
        scope = scope_of(key, shared=policy.shared)
        body = body_of(inbound.operation) if inbound.size <= LARGEST else None
        head = head_of(
            inbound,
            scope=scope,
            marks=(self.marks.get(EVERYONE, ""), self.marks.get(scope, "")),
            identity=self.identities.of(resolved, snapshot),
            guards=guards,
            forwarded=getattr(inbound.operation, "forwarded", ()),
        )
        made = digest(head, body) if body is not None else None
        if body is None or made is None:
            if policy.only:
                raise not_cached()
            return None
        self.figures.asked += policy.look
        return Asked(self, inbound, policy, key=made, scope=scope, head=head, body=body)

    def store(self, entry: Entry) -> None:
        """At once in memory, soon on the other levels."""
        self.memory.put(entry)
        self.later.put(entry)
        self.figures.stored += 1

    def usable_levels(self) -> list[Level]:
        """None before it is known what was cleared."""
        return [level for level in self.levels if level.usable] if self.marks_known else []

    def count(self, found: Found) -> None:
        figures, level = self.figures, found.level
        setattr(figures, level, getattr(figures, level) + 1)
        figures.saved_nano += found.saved_nano or 0

    def unfit(self) -> None:
        self.figures.unfit += 1

    # --- with the other processes ------------------------------------------------------------------------
    async def read_marks(self) -> None:
        """What was cleared since. Where that cannot be told, what others kept is not given."""
        if self._board_rests.away:
            return
        try:
            async with asyncio.timeout(PATIENCE * 10):
                marks = await self._board.marks()
        except (RedisError, OSError) as error:
            self._board_rests.failed(error)
            return
        self._board_rests.well()
        changed = {scope for scope, mark in marks.items() if self.marks.get(scope) != mark}
        self.marks = {**self.marks, **marks}  # a Redis that was emptied has told of no new clearing
        known, self.marks_known = self.marks_known, True
        if changed and known:
            await self._cleared(changed)

    async def _cleared(self, scopes: set[str]) -> None:
        """The marks are part of every key, so nothing of before is found again; this gives the room back."""
        for scope in scopes:
            everything = scope == EVERYONE
            self.memory.clear("" if everything else scope)
            if everything:
                self.similar.clear()
            await self.disk.clear("" if everything else scope)

    async def _poll(self) -> None:
        told = trimmed = time.monotonic()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.read_marks()
                now = time.monotonic()
                if now - told >= TELL_SECONDS:
                    told = now
                    await self.tell()
                if now - trimmed >= TRIM_SECONDS:
                    trimmed = now
                    await self.disk.trim()
            except Exception as error:
                log.error("the answer cache missed a round (%s)", type(error).__name__)

    async def tell(self) -> None:
        """This process's figures, where there is anything to tell."""
        figures = self.figures
        figures.entries, figures.bytes, figures.evicted = len(self.memory), self.memory.bytes, self.memory.evicted
        figures.alike, figures.unwritten = len(self.similar), self.later.missed
        if not figures.asked or self._board_rests.away:
            return
        figures.at = self.clock()
        try:
            async with asyncio.timeout(PATIENCE * 10):
                await self._board.tell(self.process, figures)
        except (RedisError, OSError) as error:
            self._board_rests.failed(error)
