"""A consumer's thread: woken by closes, it gathers for a moment, then delivers from every source there is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from gateway.ledger.consumer import Consumer
from gateway.ledger.delivery import Delivery, Rejected, waits
from gateway.ledger.source import Source

log = logging.getLogger("switchboard.ledger")

BREATH = 0.005  # seconds between full batches: a backlog must not starve the event loop


class Feed:
    """Runs one consumer. ``gather`` is how long, in seconds, closes are collected before they are delivered."""

    def __init__(
        self, consumer: Consumer, *, sources: Callable[[], Sequence[Source]], rejected: Rejected, gather: float
    ) -> None:
        self.name = consumer.name
        self.wake = threading.Event()
        self.behind_since = 0.0  # time.monotonic() when there began to be something to deliver; 0: all is
        self._sources = sources
        self._rejected = rejected
        self._gather = gather
        self._draining = threading.Event()
        self._abandon = threading.Event()
        self._delivery = Delivery(consumer, rejected=rejected, abandon=self._abandon)
        self._unreadable = False
        self._thread = threading.Thread(target=self._run, name=f"ledger-{consumer.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def drain(self) -> None:
        """The thread ends when there is nothing left to deliver."""
        self._draining.set()
        self.wake.set()

    def join(self, timeout: float) -> bool:
        """Waits for the end of the thread; after ``timeout`` seconds it may only finish the batch it is at. Whether
        it ended."""
        self._thread.join(timeout)
        self._abandon.set()
        self._thread.join(0.2)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait = waits()
        while not self._abandon.is_set():
            self.wake.wait()
            self._draining.wait(self._gather)
            self.wake.clear()
            self.behind_since = self.behind_since or time.monotonic()
            if self._serve_all():
                self.behind_since = 0.0
                wait = waits()
                if self._draining.is_set() and not any(source.behind(self.name) for source in self._sources()):
                    return
            else:
                self.wake.set()
                self._abandon.wait(next(wait))

    def _serve_all(self) -> bool:
        served = [self._serve(source) for source in self._sources()]  # one that fails does not hold up the others
        return all(served)

    def _serve(self, source: Source) -> bool:
        """Delivers what there is. False: something is left that cannot be delivered now."""
        try:
            while source.behind(self.name) and not self._abandon.is_set():
                if not self._serve_batch(source):
                    return False
            self._unreadable = False
        except Exception as error:
            if not self._unreadable:
                log.exception("the journal cannot be delivered to %s (%s)", self.name, type(error).__name__)
            self._unreadable = True
            return False
        return True

    def _serve_batch(self, source: Source) -> bool:
        batch = source.read(self.name)
        if batch.exchanges and not self._delivery.offer(batch.exchanges):
            return False
        for payload in batch.unreadable:
            self._rejected.add_unreadable(self.name, payload=payload)
        source.acknowledge(self.name, batch)
        if batch.full:
            self._abandon.wait(BREATH)
        return True
