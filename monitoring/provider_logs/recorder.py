"""Writes provider logs down: listeners only append to a queue, a thread of its own makes entries of it and writes them
to files, to memory and to Redis.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from gateway.events import Topic, exchange_closed
from gateway.exchange import Exchange
from monitoring.health.topic import HealthChange, health_changed
from monitoring.provider_logs import making, marks
from monitoring.provider_logs.files import Files, process_name, providers, read
from monitoring.provider_logs.kept import MOST, Memory, Shared
from monitoring.provider_logs.shape import Entry, severity
from monitoring.provider_logs.sharing import Sharing
from providers.happenings import Happening, happened

log = logging.getLogger("switchboard.provider_logs")

EVERY = 0.25  # seconds
MOST_WAITING = 20_000  # calls, and changes
LOOK_EVERY = 1.0  # seconds, for logs that were emptied elsewhere
TIDY_EVERY = 3600.0

Change = Happening | HealthChange


class Recorder:
    """One process's. ``level``: what is below is not kept. ``shared``: where all processes' entries come together."""

    def __init__(
        self,
        files: Files,
        *,
        level: str = "info",
        shared: Shared | None = None,
        most_waiting: int = MOST_WAITING,
        every: float = EVERY,
    ) -> None:
        self.files = files
        self.memory = Memory()
        self.pid = os.getpid()
        self.lost = 0  # calls that came faster than they could be written
        self._least = severity(level)
        self._most = most_waiting
        self._every = every
        self._calls: deque[Exchange] = deque()
        self._changes: deque[Change] = deque(maxlen=most_waiting)
        self._told_lost = 0
        self._sharing = Sharing(shared) if shared is not None else None
        self._cleared: dict[str, int] = {}
        self._failing: set[str] = set()
        self._disk_error: OSError | None = None
        self._due = {"look": 0.0, "tidy": 0.0}
        self._busy = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="provider-logs", daemon=True)
        self._unsubscribe: list[Callable[[], None]] = []

    def start(
        self,
        *,
        closed: Topic[Exchange] = exchange_closed,
        changed: Topic[Happening] = happened,
        health: Topic[HealthChange] = health_changed,
    ) -> None:
        self._cleared = marks.read_marks(self.files.root)
        if self._sharing is None:
            self._remember()
        self._unsubscribe = [
            closed.subscribe(self.on_closed),
            changed.subscribe(self._changes.append),
            health.subscribe(self._changes.append),
        ]
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Writes what is left."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        if self._sharing is not None:
            self._sharing.last_try()

    def _remember(self) -> None:
        """What led up to a restart, or a crash, is read from the files again."""
        try:
            for name in providers(self.files.root):
                self.memory.keep(name, read(self.files.root, name, most=MOST))
        except OSError as error:
            log.warning("the provider logs of before cannot be read: %s", type(error).__name__)

    # --- on the request path ---------------------------------------------------------------------
    def on_closed(self, exchange: Exchange) -> None:
        if len(self._calls) < self._most:
            self._calls.append(exchange)
        else:
            self.lost += 1

    # --- on the thread -----------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            self.flush()
        except Exception:
            if "thread" not in self._failing:
                log.exception("provider logs were not written")
            self._failing.add("thread")

    def flush(self) -> None:
        """Writes what came since last time."""
        with self._busy:
            self._look_for_clears()
            entries = self._entries()
            for provider, some in entries.items():
                self.memory.keep(provider, some)
                self._to_file(provider, some)
            if self._sharing is not None:
                self._sharing.tell(entries)
            if self._is_due("tidy", TIDY_EVERY) and self.files.kept:
                self._on_disk(self.files.tidy)
            self._tell_of_disk(worked=bool(entries))

    def _entries(self) -> dict[str, list[Entry]]:
        """By provider, as far as they are severe enough and came after the log was emptied."""
        found: dict[str, list[Entry]] = {}
        for one in self._made():
            if one.provider and severity(one.level) >= self._least and one.at > self._cleared.get(one.provider, 0):
                found.setdefault(one.provider, []).append(one)
        lost = self.lost - self._told_lost
        if lost and found:
            self._told_lost += lost
            for provider, some in found.items():
                some.append(self._overflow(provider, lost))
        return found

    def _made(self) -> list[Entry]:
        process, debug = self.files.process, self._least == 0
        made: list[Entry] = []
        for _ in range(len(self._calls)):
            made.extend(making.of_exchange(self._calls.popleft(), process=process, debug=debug))
        for _ in range(len(self._changes)):
            change = self._changes.popleft()
            if isinstance(change, Happening):
                made.append(making.of_happening(change, process=process))
            else:
                made.append(making.of_health(change, at=_now(), process=process))
        return made

    def _overflow(self, provider: str, lost: int) -> Entry:
        reason = f"{lost:,} calls of all providers are missing here: they came faster than they could be written."
        return making.changed(
            "response",
            provider,
            before="",
            after="",
            reason=reason,
            at=_now(),
            process=self.files.process,
            level="warning",
        )

    def _to_file(self, provider: str, entries: list[Entry]) -> None:
        self._on_disk(lambda: self.files.write(provider, entries))

    def _on_disk(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            self._disk_error = error

    def _tell_of_disk(self, *, worked: bool) -> None:
        error, self._disk_error = self._disk_error, None
        if error is None:
            if worked:
                self._failing.discard("disk")
            return
        if "disk" not in self._failing:
            log.warning("Provider logs cannot be written to the disk: %s. Memory goes on.", error.strerror)
        self._failing.add("disk")

    # --- emptying ------------------------------------------------------------------------------------
    def clear(self, provider: str, at: int) -> int:
        """This process's. How many entries memory held; what happened until ``at`` (ms) is not written any more."""
        with self._busy:
            return self._clear(provider, at)

    def _clear(self, provider: str, at: int) -> int:
        self._cleared[provider] = max(at, self._cleared.get(provider, 0))
        if self._sharing is not None:
            self._sharing.forget(provider)
        self._on_disk(lambda: self.files.clear(provider))
        return self.memory.clear(provider)

    def _look_for_clears(self) -> None:
        if not self._is_due("look", LOOK_EVERY):
            return
        told = marks.read_marks(self.files.root)
        if self._sharing is not None:
            told.update(self._sharing.cleared())
        for provider, at in told.items():
            if at > self._cleared.get(provider, 0):
                self._clear(provider, at)

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True


_current: Recorder | None = None


def start(
    *, role: str = "web", level: str = "info", files: int = 5, root: Path | None = None, redis_url: str | None = None
) -> Recorder:
    """Begins to record in this process, once; a second call changes nothing. ``files``: kept for each provider and
    process. ``root``: by default DATA_DIR/logs. Raises ``ValueError`` for a level that is none."""
    global _current
    if _current is not None and _current.pid == os.getpid():  # else a fork's, whose thread stayed behind
        return _current
    root = root or settings.DATA_DIR / "logs"
    url = settings.REDIS_URL if redis_url is None else redis_url
    own = Files(root, process_name(role, socket.gethostname(), os.getpid()), kept=files)
    _current = Recorder(own, level=level, shared=Shared(url) if url else None)
    _current.start()
    return _current


def stop() -> None:
    global _current
    if _current is not None:
        recorder, _current = _current, None
        recorder.stop()


def current() -> Recorder | None:
    """This process's; ``None`` where none was started."""
    return _current if _current is not None and _current.pid == os.getpid() else None


def _now() -> int:
    return time.time_ns() // 1_000_000
