"""A text as a reader sees it. Inside JSON an escape hides characters (``\\u0040`` is an @): a view undoes the escapes
and remembers where each character stands, so that what is found is replaced there, and every other byte stays."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ESCAPE = re.compile(
    r'"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[^u]', re.DOTALL
)
_WHOLE = re.compile(
    r"(?:[^\\]+|\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[0-9a-fA-F]{4}|(?=[^\\]|\\[^u]))|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\[^u])*"
)
_LONGEST_ESCAPE = 12
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LOOKS = re.compile(r'\s*(?:```(?:json)?\s*)?(?:\{\s*["}]|\[\s*["{\[\]])')
_UNSURE = re.compile(r"\s*(?:`{1,3}(?:j|js|jso|json)?\s*)?(?:[\[{]\s*)?\Z")
_NUMBER = re.compile(r"-?\d[\d.eE+-]*")
_STRUCTURE = " \t\r\n{}[]:,"


class View(NamedTuple):
    """``places[i]`` is where character ``i`` of ``text`` begins in the raw text, and the last one its end; ``None``
    where the two are one. ``quotes``: the places in ``text`` of quotes that open and close strings. ``inside``: it
    begins inside a string."""

    text: str
    places: Sequence[int] | None = None
    quotes: Sequence[int] | None = None  # None: it is no JSON
    inside: bool = False

    def raw(self, place: int) -> int:
        return place if self.places is None else self.places[place]

    def inside_at(self, place: int) -> bool:
        """Whether that place of ``text`` is inside a string."""
        return self.quotes is not None and self.inside ^ bool(bisect_left(self.quotes, place) % 2)


class Piece(NamedTuple):
    """Characters ``start`` to ``end`` of a view's text. ``quoted``: what takes its place needs quotes of its own."""

    start: int
    end: int
    quoted: bool = False


def looks_like_json(text: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return _LOOKS.match(text) is not None


def may_become_json(text: str) -> bool:
    """Whether the beginning of a text is too short to tell."""
    return _UNSURE.match(text) is not None


def view_of(raw: str, *, json: bool, inside: bool = False) -> View:
    """``inside``: the JSON begins inside a string."""
    if not json:
        return View(raw)
    if "\\" not in raw:
        quotes = [match.start() for match in re.finditer('"', raw)]
        return View(_in_lines(raw, quotes, inside), None, quotes, inside)
    text, places, quotes = _undone(raw)
    return View(_in_lines(text, quotes, inside), places, quotes, inside)


def _undone(raw: str) -> tuple[str, list[int], list[int]]:
    """The text without its escapes, where each of its characters stands, and where its quotes are."""
    pieces: list[str] = []
    places: list[int] = []
    quotes: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(raw):
        start, end = match.span()
        pieces.append(raw[at:start])
        places.extend(range(at, start))
        told = match.group()
        if told == '"':
            quotes.append(len(places))
        char = told if told == '"' else _told(told)
        pieces.append(char)
        places.extend([start] * len(char))
        at = end
    pieces.append(raw[at:])
    places.extend(range(at, len(raw) + 1))
    return "".join(pieces), places, quotes


def _in_lines(text: str, quotes: Sequence[int], inside: bool) -> str:
    """The commas between values as line ends: a list is no sentence, and JSON without spaces no word."""
    if "," not in text:
        return text
    pieces = []
    at = 0
    for quote in (*quotes, len(text)):
        part = text[at:quote]
        pieces.append(part if inside else part.replace(",", "\n"))
        at, inside = quote, not inside
    return "".join(pieces)


def _told(escape: str) -> str:
    if escape[1] == "u":
        value: str = json.loads(f'"{escape}"')
        return value
    return _SHORT.get(escape[1], escape[1])


def whole_escapes(raw: str) -> int:
    """How much of ``raw`` ends in no torn escape."""
    if "\\" not in raw[-_LONGEST_ESCAPE:]:
        return len(raw)
    match = _WHOLE.match(raw)
    end = match.end() if match is not None else 0
    return end if len(raw) - end < _LONGEST_ESCAPE else len(raw)  # what is no escape at all is not waited for


def pieces_of(view: View, start: int, end: int) -> Iterator[Piece]:
    """What of a finding may be replaced without breaking the JSON around it."""
    if view.quotes is None:
        yield Piece(start, end)
        return
    first = bisect_left(view.quotes, start)
    within = view.inside_at(start)
    at = start
    for quote in (*view.quotes[first : bisect_left(view.quotes, end)], end):
        piece = _piece(view.text, at, quote, within)
        if piece is not None:
            yield piece
        at, within = quote + 1, not within


def _piece(text: str, start: int, end: int, within: bool) -> Piece | None:
    part = text[start:end]
    if not part.strip():
        return None
    if within:
        return Piece(start, end)
    core = part.strip(_STRUCTURE)
    if not core or core in ("true", "false", "null"):
        return None
    begin = start + part.index(core)
    return Piece(begin, begin + len(core), _NUMBER.fullmatch(core) is not None)


def escaped(value: str) -> str:
    """As it stands inside a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]
