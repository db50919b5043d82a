"""What Redis has yet to be told: corrections of what calls used, and how many are inside. No I/O.

It is bounded: beyond that, what was held at an estimate stays held until its minute is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gateway.limits.line import Command
from gateway.limits.script import CLOCK, PROCESSES, inside_key, window_key
from gateway.limits.window import REQUESTS, SLOT, SLOTS, USAGE, Window

MOST_CORRECTIONS = 50_000
MOST_IN_ONE = 250  # changes; Redis serves nobody else meanwhile

Change = tuple[str, str, int, int, int]  # the key, then what FEED takes


class News:
    """``count``: how many calls of a rule are inside this process now."""

    __slots__ = ("_alone", "_corrections", "_count", "_inside", "_moved", "_telling", "wake")

    def __init__(self, count: Callable[[str], int], *, wake: Callable[[], None]) -> None:
        self._count = count
        self._corrections: dict[tuple[str, int], list[int]] = {}
        self._alone: dict[int, dict[str, list[int]]] = {}  # by slot and rule
        self._telling: dict[tuple[str, int], list[int]] = {}
        self._inside: set[str] = set()  # rules whose count Redis knows as more than nothing
        self._moved: set[str] = set()  # those whose count has changed since
        self.wake = wake

    def __bool__(self) -> bool:
        return bool(self._corrections or self._moved)

    def entered(self, rule_id: str) -> None:
        """Redis counted one in, or cannot be told now."""
        self._inside.add(rule_id)

    def left(self, rule_id: str) -> None:
        self._moved.add(rule_id)
        self.wake()

    def has_left(self, rule_id: str) -> bool:
        """Whether Redis knows more inside than there are."""
        return rule_id in self._moved

    def correct(self, rule_id: str, slot: int, requests: int, usage: int) -> None:
        """Adds to a slot of Redis'; 0 or less: of so many slots before now."""
        known = self._corrections.get((rule_id, slot))
        if known is not None:
            known[0] += requests
            known[1] += usage
        elif len(self._corrections) < MOST_CORRECTIONS:
            self._corrections[rule_id, slot] = [requests, usage]
        self.wake()

    def alone(self, rule_id: str, slot: int, usage: int) -> None:
        """A call was let through without Redis, in this process' slot."""
        if slot not in self._alone:
            for old in [one for one in self._alone if one < slot - SLOTS]:
                del self._alone[old]
        counts = self._alone.setdefault(slot, {}).setdefault(rule_id, [0, 0])
        counts[0] += 1
        counts[1] += usage

    def tell_alone(self, slot: int) -> None:
        """What was let through without Redis until ``slot`` is told, and again the next time unless ``told_alone``."""
        for at, rules in self._alone.items():
            for rule_id, counts in rules.items():
                known = self._telling.setdefault((rule_id, at), [0, 0])
                known[:] = known[0] + counts[0], known[1] + counts[1]
        self._alone = {}
        for (rule_id, at), (requests, usage) in self._telling.items():
            self._tell_past(rule_id, slot - at, requests, usage)

    def told_alone(self) -> None:
        """Redis knows what was told of it."""
        self._telling = {}

    def tell_windows(self, windows: Iterable[tuple[str, Window]], slot: int) -> None:
        """All that this process let through until ``slot`` is told, what Redis knew included."""
        self._alone, self._telling = {}, {}
        for rule_id, window in windows:
            for entry in window.entries:
                self._tell_past(rule_id, slot - entry[SLOT], entry[REQUESTS], entry[USAGE])

    def _tell_past(self, rule_id: str, age: int, requests: int, usage: int) -> None:
        if age <= SLOTS:
            self.correct(rule_id, min(0, 1 - age), requests, usage)  # slots here and there differ by one at most

    def commands(self, head: Command, tail: Command, *, whole: bool) -> list[Command]:
        """Calls of FEED that tell all of it, ``whole`` also what did not change; it is news no more then. ``head``
        comes before the number of keys, ``tail`` after the keys."""
        told = sorted(self._moved | self._inside if whole else self._moved)
        changes: list[Change] = [(inside_key(one), "p", self._count(one), 0, 0) for one in told]
        for (rule_id, slot), (requests, usage) in self._corrections.items():
            changes.append((window_key(rule_id), "w", slot, requests, usage))
        self._inside.difference_update(change_id for change_id in told if not self._count(change_id))
        self._moved, self._corrections = set(), {}
        return [_feed(head, tail, part) for part in _parts(changes)]


def _parts(changes: list[Change]) -> Iterator[list[Change]]:
    for start in range(0, max(1, len(changes)), MOST_IN_ONE):
        yield changes[start : start + MOST_IN_ONE]


def _feed(head: Command, tail: Command, changes: list[Change]) -> Command:
    keys = (CLOCK, PROCESSES, *(change[0] for change in changes))
    return (*head, len(keys), *keys, *tail, *(value for change in changes for value in change[1:]))
