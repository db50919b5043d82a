"""Cuts plain text into the stretches that may hold a finding. What is found in a stretch depends on nothing outside
it, and where a stretch begins and ends on nothing but its neighbourhood: so a stream that holds back an unfinished
stretch finds what a look at the whole text finds.

A word with a digit, an @ or an _ in it is *hot*; so is the value after "password:" and a private key's block. A stretch
is a run of hot words, a short word or two among them ("QQ 12 34 56 C"), and the word before that says what they are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.context import REACH, Hint, first_reaching, hints, lowered
from gateway.guardrails.detect.patterns import OwnPattern
from gateway.guardrails.detect.secrets import ASSIGNED, PRIVATE_KEY, QUOTED

LONGEST = 8192  # characters of a stretch; a longer one is cut at a word
LONGEST_WORD = 4096  # a longer run without space is cut there, whatever it is
_SHORT = 2
_AROUND = "\"'()[]{}<>,.;:!?"  # signs that a word does not grow by
_PEM_LINE = 320  # characters of a line of a private key, and the space before it
_QUOTE = 110  # characters within which a quoted password is closed
_ASSIGNING = frozenset({"password", "secret", "pin"})

_HOT = re.compile("[0-9@_]")
# Beginnings of keys: those with no digit in them are rare, but a key made by hand may be one.
_LITERALS = (
    "::",
    "sk-",
    "SG.",
    "eyJ",
    "AKIA",
    "ASIA",
    "AIza",
    "xox",
    "glpat-",
    "pypi-",
    "[at]",
    "(at)",
    "[dot]",
    "(dot)",
)
_LOW_LITERALS = tuple(literal.lower() for literal in _LITERALS)
_LITERAL = re.compile("|".join(map(re.escape, _LITERALS[:-4])) + r"|(?i:[\[(](?:at|dot)[\])])")
_LINE = re.compile(r"[^\n]+")
_NONE: list[Hint] = []
_SPACE = re.compile(r"\s")
_SPELLED = re.compile(r"[\[(](?:at|dot)[\])]", re.IGNORECASE)
_IBAN_HEAD = re.compile(r"[^A-Za-z]?[A-Za-z]{2}[0-9]{2}")  # the bank's letters follow: "GB82 WEST 1234"
_BEFORE = re.compile(r"(\S+)([^\S\n]{1,3})\Z")
_AFTER = re.compile(r"[^\S\n]{1,3}(\S+)")

Zone = tuple[int, int]


def _is_short(word: str) -> bool:
    return len(word.strip(_AROUND)) <= _SHORT


class Hot(NamedTuple):
    """Characters that a stretch is made around. ``reason``: where that begins which makes them hot."""

    start: int
    end: int
    reason: int


class Cut(NamedTuple):
    """The stretches of a text by their places, and from where on it is open: what comes may still change them."""

    stretches: list[tuple[int, Stretch]]
    open: int


def cut(text: str, own: Sequence[OwnPattern] = (), *, last: bool = True) -> Cut:
    """``last``: nothing comes after ``text``. An own pattern that may match spaces makes each line a stretch."""
    found: list[tuple[int, Stretch]] = []
    opened = len(text)
    for base, end in _pieces(text):
        piece = _Piece(text[base:end], last=last or end < len(text), own=own)
        found.extend((base + start, stretch) for start, stretch in piece.stretches())
        opened = base + piece.open()
    return Cut(found, len(text) if last else opened)


def _pieces(text: str) -> Iterator[Zone]:
    """The text between runs too long to be a word, and these in parts."""
    base, probe = 0, LONGEST_WORD
    while probe < len(text):
        if not text[probe].isspace():
            start = _word_start(text, probe, base)
            if probe - start < LONGEST_WORD:
                after = _SPACE.search(text, probe, start + LONGEST_WORD + 1)
                whole = after is None and start + LONGEST_WORD < len(text)
            else:
                whole = True
            if whole:
                yield base, start + LONGEST_WORD
                base = start + LONGEST_WORD
                probe = base
        probe += LONGEST_WORD
    yield base, len(text)


def _word_start(text: str, place: int, floor: int) -> int:
    """Where the word begins that goes on at ``place``."""
    size = 32
    while True:
        begin = max(floor, place - size)
        before = text[begin:place]
        if not before or before[-1].isspace():
            return place
        word = before.rsplit(None, 1)[-1]
        if len(word) < len(before) or begin == floor:
            return place - len(word)
        size *= 8


def _word_end(text: str, place: int) -> int:
    after = _SPACE.search(text, place)
    return after.start() if after else len(text)


class _Piece:
    """A part of the text that nothing reaches into or out of."""

    def __init__(self, text: str, *, last: bool, own: Sequence[OwnPattern]) -> None:
        self._text = text
        self._last = last
        self._low = lowered(text)
        self._own = [one for one in own if not one.in_lines]
        self._lines = len(self._own) < len(own)
        self._hints = hints(self._low)
        self._starts = [hint.start for hint in self._hints]
        self._unfinished: list[tuple[int, int]] = []  # hot, and what comes may still lengthen it: start and reason
        self._zones: list[Zone] = []
        self._floor = 0  # nothing before it is looked at any more
        self._collect()

    def stretches(self) -> Iterator[tuple[int, Stretch]]:
        for start, end in self._zones:
            yield start, Stretch(self._text[start:end], self._hints_within(start, end))

    def _hints_within(self, start: int, end: int) -> list[Hint]:
        first, after = bisect_left(self._starts, start), bisect_left(self._starts, end)
        if first == after:
            return _NONE
        return [Hint(one.start - start, one.end - start, one.labels) for one in self._hints[first:after]]

    def _collect(self) -> None:
        spans = sorted(set(self._spans()))
        at = 0
        while at < len(spans):
            if spans[at].reason >= self._floor:
                self._add(spans[at].start, spans[at].end)
            at += 1
            if not self._zones:
                continue
            if self._zones[-1][1] - self._zones[-1][0] > LONGEST:
                self._force()
                at = bisect_left(spans, self._floor, key=_start)
                if self._lines:
                    self._add(self._floor, _line_end(self._text, self._floor))

    def _add(self, start: int, end: int) -> None:
        zone_start, zone_end = self._widened(start, end)
        if self._zones:
            before_start, before_end = self._zones[-1]
            if before_start >= self._floor and self._joins(before_end, zone_start):
                self._zones[-1] = min(before_start, zone_start), max(before_end, zone_end)
                return
        self._zones.append((zone_start, zone_end))

    def _joins(self, end: int, start: int) -> bool:
        between = self._text[end:start]
        return start <= end or (len(between) <= 3 and between.isspace() and "\n" not in between)

    def _force(self) -> None:
        """Cuts the last stretch at the last word that begins within ``LONGEST``, and begins anew there."""
        start, _ = self._zones.pop()
        self._floor = _word_start(self._text, start + LONGEST, start)
        self._zones.append((start, self._floor))

    def _widened(self, start: int, end: int) -> Zone:
        """With the word before it that speaks of it, or is short, and the short word after it."""
        zone_start, zone_end = start, end
        spelled = _SPELLED.match(self._text, start) is not None
        before = _BEFORE.search(self._text[max(self._floor, start - 16) : start])
        if before and (_is_short(before[1]) or spelled):
            zone_start = _word_start(self._text, start - len(before[2]), self._floor)
        after = _AFTER.match(self._text, end)
        if after and (_is_short(after[1]) or spelled or _IBAN_HEAD.fullmatch(self._text, start, end)):
            zone_end = after.end()
        hint = first_reaching(self._starts, start, self._floor)
        if hint is not None:
            zone_start = min(zone_start, _word_start(self._text, hint, self._floor))
        return zone_start, zone_end

    def _spans(self) -> Iterator[Hot]:
        yield from self._hot_words(_HOT)
        if any(literal in self._low for literal in _LOW_LITERALS):
            yield from self._hot_words(_LITERAL)
        for hint in self._hints:
            if hint.labels & _ASSIGNING:
                yield from self._assigned(hint)
        if "PRIVATE KEY" in self._text:
            yield from self._private_keys()
        for own in self._own:
            for start, end in own.spans(self._text):
                begin = _word_start(self._text, start, 0)
                yield Hot(begin, _word_end(self._text, end), begin)
        if self._lines:
            yield from (Hot(*line.span(), line.start()) for line in _LINE.finditer(self._text))

    def _hot_words(self, hot: re.Pattern[str]) -> Iterator[Hot]:
        end = 0
        found = hot.search(self._text)
        while found:
            start = _word_start(self._text, found.start(), end)
            end = _word_end(self._text, found.end())
            yield Hot(start, end, start)
            found = hot.search(self._text, end)

    def _assigned(self, hint: Hint) -> Iterator[Hot]:
        """The value after "password:", also where it is but letters, and with its spaces where it is quoted."""
        given = ASSIGNED.match(self._text, hint.end)
        if given is None or given.end() - hint.start > REACH or given.end() == len(self._text):
            return
        start, end = given.end(), _word_end(self._text, given.end())
        if given["quote"]:
            closed = QUOTED.match(self._text, start)
            if closed:
                end = _word_end(self._text, closed.end())
            elif len(self._text) - start <= _QUOTE and "\n" not in self._text[start:]:
                self._unfinished.append((start, hint.start))
        if start < end:
            yield Hot(_word_start(self._text, start, 0), end, hint.start)

    def _private_keys(self) -> Iterator[Hot]:
        for found in PRIVATE_KEY.finditer(self._text):
            begin = _word_start(self._text, found.start(), 0)
            yield Hot(begin, _word_end(self._text, found.end()), begin)
            if not found["closed"] and len(self._text) - found.end() < _PEM_LINE:
                self._unfinished.append((begin, begin))

    def open(self) -> int:
        """From where on what comes may change something."""
        size = len(self._text)
        if self._last:
            return size
        place = _word_start(self._text, size, 0)
        hint = first_reaching(self._starts, place, self._floor)
        at = self._linked(place)
        if hint is not None:
            at = min(at, _word_start(self._text, hint, 0))
        at = min([at, *(start for start, reason in self._unfinished if reason >= self._floor)])
        while (before := self._before(at)) < at:
            at = before
        return max(at, self._floor)

    def _linked(self, place: int) -> int:
        """Back over the words that a word from ``place`` on could be a part of one finding with."""
        at = place
        whole = place == len(self._text) or self._text[place] in "[({<"
        for back in range(3):
            before = _BEFORE.search(self._text[max(0, at - 16) : at])
            if before is None:
                break
            end = at - len(before[2])
            start = _word_start(self._text, end, 0)
            hot = any(zone_start < end <= zone_end for zone_start, zone_end in self._zones[-3:])
            if not (_is_short(before[1]) or hot or (whole and not back)):
                break
            at = start
        return at

    def _before(self, at: int) -> int:
        """The beginning of the stretch (or line) in which ``at`` lies."""
        for start, end in reversed(self._zones):
            if start < at and self._joins(end, at):
                return start
            if end < at:
                break
        return self._text.rfind("\n", 0, at) + 1 if self._lines else at


def _start(one: Hot) -> int:
    return one.start


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)
