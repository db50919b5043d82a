"""Word lists: whole words and phrases, in any case, thousands at once (Aho-Corasick, by the ahocorasick-rs package)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import overload

import ahocorasick_rs

from gateway.guardrails.detect.context import lowered
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.detect.plain import Plain, plain

_SPACES = re.compile(r"\s+")
_WIDE = re.compile(r"\s{2,8}")  # between the words of a phrase; more of them end it, or a stream would wait for ever
_BREAKS = str.maketrans(dict.fromkeys("\t\n\r\v\f", " "))  # a phrase goes on in the next line
_LONGEST = 4096  # characters of a word; a longer one is cut
_NO_SPACES = "\u2e80"  # from here on scripts write without spaces between words, and no boundary can be asked for


class WordList:
    """Finds ``words`` (phrases too, their parts by single spaces) where they stand as words: "ass" is not in "class".
    Blank ones are ignored."""

    def __init__(self, words: Iterable[str], *, name: str = "words") -> None:
        self._words = sorted({_SPACES.sub(" ", lowered(plain(word).text.strip())) for word in words} - {""})
        self._name = name
        self._phrases = any(" " in word for word in self._words)
        self._finder = ahocorasick_rs.AhoCorasick(self._words) if self._words else None
        self._beginnings = {word[:size] for word in self._words for size in range(1, len(word) + 1)}
        self.longest = max(map(len, self._words), default=0)

    def __repr__(self) -> str:
        return f"WordList({len(self._words)} words)"

    def find(self, text: str) -> list[Finding]:
        """In order, nothing overlapping: what begins first, then what is longest."""
        read = self._read(text)
        kept: list[Finding] = []
        last = 0
        for start, end in self._all(lowered(read.text)):
            if start >= last:
                kept.append(Finding(*read.original(start, end), Entity.OWN, self._name, 3))
                last = end
        return kept

    def open_tail(self, text: str) -> int:
        """How many characters at the end of ``text`` may be part of a word of the list when more comes. Let the others
        go and keep these: what is found in the pieces is then what is found in the whole."""
        read = self._read(text)
        low = lowered(read.text)
        at = self._last_word(low)
        for place in range(max(0, len(low) - self.longest), at):
            if _boundary(low, place) and low[place:] in self._beginnings:
                at = place
                break
        for start, end in reversed(self._all(low)):
            if start < at < end:
                at = start
        return len(text) - read.start(at, text)

    def _read(self, text: str) -> Plain:
        """What is searched: where there are phrases, with single spaces between words."""
        read = plain(text)
        return _narrowed(read) if self._phrases else read

    def _last_word(self, low: str) -> int:
        """Where the word begins that ``low`` ends in: cut inside, its rest would look like a word."""
        at = len(low)
        while at and at > len(low) - _LONGEST and not _boundary(low, at - 1) and _in_word(low[at - 1]):
            at -= 1
        return at - 1 if at and _in_word(low[at - 1]) else at

    def _all(self, low: str) -> list[tuple[int, int]]:
        if self._finder is None:
            return []
        found = self._finder.find_matches_as_indexes(low, overlapping=True)
        whole = [(start, end) for _, start, end in found if _boundary(low, start) and _boundary(low, end)]
        return sorted(whole, key=lambda one: (one[0], -one[1]))


class _Places(Sequence[int]):
    """Where each character stood before runs of spaces became one: what lies behind ``ends`` has moved by ``moved``."""

    def __init__(self, ends: list[int], moved: list[int], length: int, before: Sequence[int] | None) -> None:
        self._ends, self._moved, self._length, self._before = ends, moved, length, before

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._length))]
        run = bisect_right(self._ends, place)
        at = place + (self._moved[run - 1] if run else 0)
        return at if self._before is None else self._before[at]


def _narrowed(read: Plain) -> Plain:
    text = read.text.translate(_BREAKS)
    pieces: list[str] = []
    ends: list[int] = []
    moved: list[int] = []
    at = gone = 0
    for run in _WIDE.finditer(text):
        pieces += (text[at : run.start()], " ")
        at = run.end()
        ends.append(run.start() - gone + 1)
        gone += run.end() - run.start() - 1
        moved.append(gone)
    if not gone:
        return Plain(text, read.places)
    pieces.append(text[at:])
    return Plain("".join(pieces), _Places(ends, moved, len(text) - gone, read.places))


def _boundary(low: str, at: int) -> bool:
    """Whether a word may begin or end there."""
    if at in (0, len(low)):
        return True
    before, after = low[at - 1], low[at]
    return not (_in_word(before) and _in_word(after)) or before >= _NO_SPACES or after >= _NO_SPACES


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
