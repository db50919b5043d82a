"""Taking over the directories of dead processes, and giving them up once all is delivered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.ledger.consumer import describe
from gateway.ledger.directory import Directory, abandoned
from gateway.ledger.replay import Story, listen, settle
from gateway.ledger.segments import Position
from gateway.ledger.source import Source

log = logging.getLogger("switchboard.ledger")

Drained = Callable[[str], object]  # told the name of a directory when all of it is delivered, before it goes


def nothing_to_do(name: str) -> None:
    """For a ledger whose directories nobody else knows by name."""


class Adopted:
    """A directory taken over from a dead process, until all of it is delivered."""

    def __init__(self, directory: Directory, consumers: Sequence[str]) -> None:
        self.source = Source(directory.path, consumers, end=self._end)
        self._directory = directory
        self._marks = self.source.marks()
        self._story: Story | None = None
        self.settled = False

    def prepare(self) -> int:
        """Reads the directory and closes what was left open. Returns how many exchanges that were. Raises
        ``OSError``, and may then be tried again; once it was read, what was closed is delivered all the same."""
        if self._story is None:
            story = listen(self._directory.path, marks=self._marks)
            self.source.damaged.update(story.damaged)
            self.source.taken_before(story.before)
            self._story = story
        left = len(self._story.opened)
        settle(self._directory.path, self._story, marks=self._marks)
        self.settled = True
        return left

    @property
    def name(self) -> str:
        """The holder's: that of the directory."""
        return self._directory.path.name

    def remove(self) -> None:
        """Raises ``OSError``."""
        self.source.close()
        self._directory.remove()

    def release(self) -> None:
        self.source.close()
        self._directory.release()

    def _end(self) -> tuple[Position, int]:
        return (self._story.end, self._story.closed) if self._story else (Position(0, 0), 0)


class Adoption:
    """The directories this process has adopted. ``look`` and ``release`` belong to one thread at a time; ``sources``
    may be asked by any. ``drained`` is told the name of each before it goes; what it raises is tried again."""

    def __init__(
        self, root: Path, consumers: Sequence[str], *, wake: Callable[[], None], drained: Drained = nothing_to_do
    ) -> None:
        self._root = root
        self._consumers = consumers
        self._wake = wake
        self._drained = drained
        self._adopted: list[Adopted] = []
        self.damaged = 0  # of directories that are gone
        self.interrupted = 0  # exchanges closed as such

    def sources(self) -> list[Source]:
        return [adopted.source for adopted in self._adopted]

    def look(self) -> None:
        """Adopts whose owner died, and removes what is delivered. Raises ``OSError``; look again later."""
        for path in abandoned(self._root):
            directory = Directory.adopt(path)
            if directory is not None:
                self._adopted = [*self._adopted, Adopted(directory, self._consumers)]
        failure: OSError | None = None
        for adopted in self._adopted:
            try:
                self._tend(adopted)
            except OSError as error:
                failure = error  # a directory that cannot be read must not hold up the others
        if failure is not None:
            raise failure

    def release(self) -> None:
        """Gives up what is delivered, and leaves the rest to the next process."""
        for adopted in self._adopted:
            try:
                self._finish(adopted)
            except OSError as error:
                log.error("an adopted journal cannot be removed (%s); the next start does it", error.strerror)
            adopted.release()
        self._adopted = []

    def _tend(self, adopted: Adopted) -> None:
        if not adopted.settled:
            try:
                left = adopted.prepare()
            finally:
                self._wake()  # even if nothing can be written: what was closed is there to be delivered
            self.interrupted += left
            log.info("adopted the journal of a process that died: %d calls were interrupted", left)
        self._finish(adopted)

    def _finish(self, adopted: Adopted) -> None:
        """Tells that it is drained and removes it, where it is. Raises ``OSError``."""
        if not (adopted.settled and adopted.source.drained()):
            return
        try:
            self._drained(adopted.name)
        except Exception as error:
            log.warning("the journal of %s stays for now: %s", adopted.name, describe(error))
            return
        self._adopted = [other for other in self._adopted if other is not adopted]
        self.damaged += len(adopted.source.damaged)
        adopted.remove()
