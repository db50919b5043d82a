"""Escapes that stand in a text as they were written: JSON within JSON or within prose has \\n for the end of a line, a
web address has %40 for an @. Finders read what they mean; what is replaced are the signs as they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.guardrails.detect.entities import Finding

# However many backslashes: one more with each JSON around it. Percent signs: of ASCII, and of ends of lines.
_ESCAPE = re.compile(r'\\{1,16}(?:u[0-9a-fA-F]{4}|[nrt"/])|%(?:[2-7][0-9a-fA-F]|0[adAD9])')
_LETTER = re.compile(r"\\{1,16}u[0-9a-fA-F]{4}")
_TORN = re.compile(r"(?:\\{1,16}(?:u[0-9a-fA-F]{0,3})?|%[0-9a-fA-F]?)\Z")
_LONGEST = 21
_SHORT = {"n": "\n", "r": "\n", "t": "\t"}


class Meant(NamedTuple):
    """``places[i]`` is where character ``i`` of ``text`` begins in what was written, and the last one its end."""

    text: str
    places: Sequence[int]


def meant(text: str) -> Meant | None:
    """``None`` where there are no escapes."""
    if "\\" not in text and "%" not in text:
        return None
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        start, end = match.span()
        pieces += (text[at:start], _told(match.group()))
        places.extend(range(at, start + 1))
        at = end
    if not at:
        return None
    places.extend(range(at, len(text) + 1))
    return Meant("".join((*pieces, text[at:])), places)


def torn(text: str) -> int:
    """How many characters at the end may be the beginning of an escape."""
    match = _TORN.search(text, max(0, len(text) - _LONGEST))
    return 0 if match is None else len(text) - match.start()


def finding(find: Callable[[str], Sequence[Finding]]) -> Callable[[str], Sequence[Finding]]:
    """``find``, over what a text means."""

    def through(text: str) -> Sequence[Finding]:
        read = meant(text)
        if read is None:
            return find(text)
        return [one._replace(start=read.places[one.start], end=read.places[one.end]) for one in find(read.text)]

    return through


def tailing(open_tail: Callable[[str], int]) -> Callable[[str], int]:
    """``open_tail``, over what a text means. An escape is never cut."""

    def through(text: str) -> int:
        whole = len(text) - torn(text)
        read = meant(text[:whole])
        told, places = (text[:whole], None) if read is None else read
        cut = len(told) - open_tail(told)
        return len(text) - (cut if places is None else places[cut])

    return through


def spelled(value: str) -> str:
    """A value without its escapes of letters, where it can then stand in JSON of any depth."""
    if "\\" not in value:
        return value
    plain = _LETTER.sub(lambda match: _told(match.group()), value)
    return value if not plain.isprintable() or any(sign in plain for sign in '"\\\ufffd') else plain


def before(text: str, place: int) -> int:
    """``place``, or the beginning of the escape that it would cut."""
    read = meant(text[: place + _LONGEST])
    return place if read is None else read.places[bisect_right(read.places, place) - 1]


def _told(escape: str) -> str:
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    sign = escape.lstrip("\\")
    if sign[0] != "u":
        return _SHORT.get(sign, sign)
    char = chr(int(sign[1:], 16))
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char  # half of a pair is no sign that finders look for
