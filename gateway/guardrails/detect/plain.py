"""Text made plain before anything is looked for: full-width and other scripts' digits become ASCII, unusual spaces,
hyphens and CJK punctuation become the ordinary ones, invisible characters go. Places can be told in the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
MOST_INVISIBLE = 8  # in a row; more of them end a word, or a flood of them would have to be held back for ever
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe63"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_BREAKS = "，！？；、。・「」『』【】《》〈〉،؛؟۔।\u2800\u3164"
_DIGITS = [*range(0x80, 0x10000), *range(0x1D7CE, 0x1D800), *range(0x1FBF0, 0x1FBFA)]


def _plain_chars() -> dict[str, str]:
    chars = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    # These end a word, so that Chinese and Japanese have words at all, and a stream is not held back by the paragraph.
    chars |= dict.fromkeys(_BREAKS, " ")
    chars |= dict.fromkeys(_SPACES, " ")
    chars |= dict.fromkeys(_HYPHENS, "-")
    digits = (chr(code) for code in _DIGITS)
    return chars | {char: str(unicodedata.digit(char)) for char in digits if unicodedata.category(char) == "Nd"}


_PLAIN = _plain_chars()
_BELOW = "".join(f"\\u{ord(char):04x}" for char in sorted(_PLAIN) if ord(char) < 0x10000)
_UNUSUAL = re.compile(f"[{_BELOW}{INVISIBLE}]")
_UNUSUAL_ABOVE = re.compile("[\U0001d7ce-\U0001fbf9]")  # apart: in one class with the others it is ten times slower
_RUN = re.compile(f"[{INVISIBLE}]+")


class Plain(NamedTuple):
    """``text`` is what the detectors read. ``places`` are the original's places of its characters, None when they are
    the same."""

    text: str
    places: Sequence[int] | None

    def start(self, place: int, original: str) -> int:
        """Where the character at ``place`` begins in the original; its end for the place after the last."""
        if self.places is None:
            return place
        return self.places[place] if place < len(self.places) else len(original)

    def end(self, place: int) -> int:
        """Where the characters before ``place`` end in the original."""
        return place if self.places is None or not place else self.places[place - 1] + 1

    def original(self, start: int, end: int) -> tuple[int, int]:
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)

    def nearest(self, place: int) -> int:
        """The first character of ``text`` at or after ``place`` of the original."""
        return place if self.places is None else bisect_right(self.places, place - 1)


def plain(text: str) -> Plain:
    if text.isascii():
        return Plain(text, None)
    found = {*_UNUSUAL.findall(text), *_UNUSUAL_ABOVE.findall(text)}
    if not found:
        return Plain(text, None)
    for char in found:
        other = _PLAIN.get(char)
        if other is not None:
            text = text.replace(char, other)
    return _without_invisible(text) if any(_RUN.match(char) for char in found) else Plain(text, None)


def _without_invisible(text: str) -> Plain:
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for run in _RUN.finditer(text):
        pieces.append(text[at : run.start()])
        places.extend(range(at, run.start()))
        if run.end() - run.start() > MOST_INVISIBLE:
            pieces.append(" ")
            places.append(run.start())
        at = run.end()
    pieces.append(text[at:])
    places.extend(range(at, len(text)))
    return Plain("".join(pieces), places)
