"""The ledger: this process's journal, the consumers of its closed records, and the threads between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.ledger.adoption import Adoption, Drained, nothing_to_do
from gateway.ledger.chore import Chore
from gateway.ledger.consumer import Consumer, describe
from gateway.ledger.delivery import Rejected
from gateway.ledger.directory import REJECTED, Directory
from gateway.ledger.feed import Feed
from gateway.ledger.journal import Journal
from gateway.ledger.source import Source

log = logging.getLogger("switchboard.ledger")

UPKEEP_SECONDS = 1.0  # at most, between two tries to write what the disk refused


class Ledger:
    """Everything under ``root`` that belongs to this process. ``start`` and ``stop`` block; the journal's methods are
    for the event loop. Every consumer gets every closed record at least once, from this process and from dead ones.
    ``gather`` is how long, in seconds, closes are collected before they are delivered. ``drained`` is told the name of
    each directory, this process's or a dead one's, when all of it is delivered: then nobody will spend in its name."""

    journal: Journal
    holder: str = ""  # this process's name in leases: that of its directory

    def __init__(
        self,
        root: Path,
        consumers: Sequence[Consumer] = (),
        *,
        segment_bytes: int = 16 << 20,
        fsync_ms: int = 1000,
        gather: float = 0.1,
        adopt_seconds: float = 2.0,
        drained: Drained = nothing_to_do,
    ) -> None:
        self.root = root
        self._segment_bytes = segment_bytes
        self._fsync_ms = fsync_ms
        self._rejected = Rejected(root / REJECTED)
        self._feeds = [
            Feed(consumer, sources=self._sources, rejected=self._rejected, gather=gather) for consumer in consumers
        ]
        self._names = [feed.name for feed in self._feeds]
        self._told_drained = drained
        self._adoption = Adoption(root, self._names, wake=self._wake, drained=drained)
        upkeep = min(fsync_ms / 1000 or UPKEEP_SECONDS, UPKEEP_SECONDS)
        self._chores = [
            Chore("journal upkeep", self._keep_up, every=upkeep),
            Chore("journal adoption", self._adoption.look, every=adopt_seconds),
        ]

    def start(self) -> None:
        """Makes this process's directory and starts the threads. Raises ``OSError``."""
        self._directory = Directory.make(self.root)
        self.journal = Journal(
            self._directory.path, segment_bytes=self._segment_bytes, fsync_ms=self._fsync_ms, wake=self._wake
        )
        self.holder = self._directory.path.name
        self._own = Source(self._directory.path, self._names, end=self.journal.end)
        for feed in self._feeds:
            feed.start()
        for chore in self._chores:
            chore.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Refuses new calls, delivers what is closed and removes the directory. Returns whether all of this process's
        calls are closed and delivered within ``timeout`` seconds; if not, the directory stays for the next process
        to adopt."""
        deadline = time.monotonic() + timeout
        self.journal.seal()
        for chore in self._chores:
            chore.stop()
        self.journal.retry()
        for feed in self._feeds:
            feed.drain()
        workers: list[Feed | Chore] = [*self._feeds, *self._chores]
        ended = [worker.join(max(deadline - time.monotonic(), 0.0)) for worker in workers]
        drained = self._own.drained() and self.journal.idle()
        self.journal.shut()
        if all(ended):  # else a hanging thread still uses the files; the locks go with the process
            self._let_go(drained)
        return all(ended) and drained

    def lag(self) -> dict[str, int]:
        """Closed records not yet acknowledged, by consumer."""
        return {name: sum(source.lag(name) for source in self._sources()) for name in self._names}

    def delay(self) -> float:
        """Seconds for which the consumer that is furthest behind has had something to take; 0 when all have all."""
        begun = [feed.behind_since for feed in self._feeds if feed.behind_since]
        return time.monotonic() - min(begun) if begun else 0.0

    @property
    def damaged(self) -> int:
        """Stretches of unreadable bytes met since the start: torn tails and damage."""
        return self._adoption.damaged + sum(len(source.damaged) for source in self._sources())

    @property
    def rejected(self) -> int:
        """Records set aside since the start, because a consumer refused them."""
        return self._rejected.count

    @property
    def interrupted(self) -> int:
        """Exchanges of dead processes that were closed as interrupted since the start."""
        return self._adoption.interrupted

    def _sources(self) -> list[Source]:
        return [self._own, *self._adoption.sources()]

    def _wake(self) -> None:
        for feed in self._feeds:
            if not feed.wake.is_set():
                feed.wake.set()

    def _keep_up(self) -> None:
        """Writes what the disk refused, syncs, deletes what everyone has. Raises ``OSError``."""
        before = self.journal.closed
        self.journal.retry()
        if self.journal.closed != before:
            self._wake()
        keep_from = self.journal.oldest_open()
        self.journal.sync()  # what was carried forward must lie on the disk before its old place goes
        self._own.prune(keep_from=keep_from)

    def _is_told(self) -> bool:
        try:
            self._told_drained(self.holder)
        except Exception as error:
            log.warning("the journal stays for the next process: %s", describe(error))
            return False
        return True

    def _let_go(self, drained: bool) -> None:
        self._adoption.release()
        self._own.close()
        try:
            if drained and self._is_told():
                self._directory.remove()
        except OSError as error:
            log.error("the journal's directory cannot be removed (%s); the next start does it", error.strerror)
        finally:
            self._directory.release()
