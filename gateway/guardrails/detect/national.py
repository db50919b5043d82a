"""Finds national ids by the shape of what stands there: "536-22-8417" has the shape 000-00-0000, and few ids have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.detect.nations import NATIONAL_IDS, NationalId

_WORD = re.compile(r"[A-Za-z0-9]+")
_SHAPE = str.maketrans(
    dict.fromkeys("123456789", "0") | dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "A")
)
_BETWEEN = " -./(+"
_GLUE = frozenset("-/+#@$€£¥%_\\=&")  # a number with one of these before it is a part of something longer
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]")


def _table(column: str) -> dict[str, list[NationalId]]:
    table: dict[str, list[NationalId]] = {}
    for one in NATIONAL_IDS:
        for shape in filter(None, getattr(one, column).split("|")):
            table.setdefault(shape.replace("9", "0").rstrip(")"), []).append(one)
    return table


_FREE, _HINTED = _table("free"), _table("hinted")
_BEGINNINGS = {shape[: end.end()] for shape in (*_FREE, *_HINTED) for end in _WORD.finditer(shape)}


class _Word(NamedTuple):
    start: int
    end: int
    shape: str


def find_national_ids(stretch: Stretch) -> Iterator[Finding]:
    text = stretch.text
    words = [_Word(*found.span(), found[0].translate(_SHAPE)) for found in _WORD.finditer(text)]
    for first, word in enumerate(words):
        if word.shape not in _BEGINNINGS or not _begins(text, word.start):
            continue
        for start, end, shape in _windows(text, words, first):
            found = _identified(stretch, start, end, shape)
            if found is not None:
                yield found


def _windows(text: str, words: list[_Word], first: int) -> Iterator[tuple[int, int, str]]:
    """Stretches of words from the ``first``, by the shapes that some id begins with."""
    start, shape = words[first].start, words[first].shape
    for at in range(first, len(words)):
        if at > first:
            between = text[words[at - 1].end : words[at].start]
            if len(between) != 1 or between not in _BETWEEN:
                return
            shape += between + words[at].shape
            if shape not in _BEGINNINGS:
                return
        if (shape in _FREE or shape in _HINTED) and _ends(text, words[at].end, spaced=" " in shape):
            yield start, words[at].end, shape


def _begins(text: str, start: int) -> bool:
    if not start:
        return True
    before = text[start - 1]
    if before in ".,:":
        return start < 2 or not text[start - 2].isdigit()
    return before not in _GLUE


def _ends(text: str, end: int, *, spaced: bool) -> bool:
    rest = text[end : end + 2]
    if (rest[:1] in _GLUE and rest[:1]) or (rest[:1] in ".," and rest[1:].isdigit()):
        return False
    return not (spaced and rest[:1] == " " and rest[1:].isdigit())


def _identified(stretch: Stretch, start: int, end: int, shape: str) -> Finding | None:
    value = _NOT_PLAIN.sub("", stretch.text[start:end]).upper()
    if len(set(value)) == 1:
        return None
    free = [one for one in _FREE.get(shape, ()) if one.check(value)]
    hinted = [one for one in _HINTED.get(shape, ()) if one.check(value)]
    said = stretch.labels(start) if free or hinted else frozenset()
    named = next((one for one in (*free, *hinted) if one.kind in said), None)
    if named is None and (not free or (free[0].certainty < 3 and "other" in stretch.nearest(start))):
        return None
    one = named or free[0]
    if (
        " " in shape
        and start >= 2
        and named is None
        and stretch.text[start - 1] == " "
        and stretch.text[start - 2].isdigit()
    ):
        return None
    certainty = 3 if named is not None and named in free else one.certainty
    return Finding(start, end + ("(" in shape), Entity.NATIONAL_ID, one.kind, certainty)
