"""Similar requests: the last question as a vector, everything else exactly the same.

Vectors are in this process's memory. The nearest few by their signs (one bit a dimension) are compared exactly: a
thousand comparisons in full would hold up every other call.
"""

from __future__ import annotations

import re
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from operator import mul
from typing import Any, NamedTuple

MOST_IN_GROUP = 1000
COMPARED = 8
LONGEST = 8000  # characters: what is longer is cut by embeddings models, and no question
NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*")
BESIDE = 400  # bytes a vector takes beside its numbers


class Question(NamedTuple):
    """``rest``: the request without the words; the numbers in them stay: 2 apples are not 3."""

    text: str
    rest: dict[str, Any]


def question_of(body: Mapping[str, Any]) -> Question | None:
    """The last message of a chat, if a user's and all text; ``None`` for what only the same request may answer: tool
    results, pictures, sounds, files, and long texts."""
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "user":
        return None
    read = _read(last.get("content"))
    if read is None or not read[0].strip() or len(read[0]) > LONGEST:
        return None
    text, without = read
    numbers = NUMBERS.findall(text)
    rest = {**body, "messages": [*body["messages"][:-1], {**last, "content": [without, numbers]}]}
    return Question(text, rest)


def _read(content: Any) -> tuple[str, Any] | None:
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list) or not content:
        return None
    if not all(map(_is_text, content)):
        return None
    return "\n".join(one["text"] for one in content), [{**one, "text": ""} for one in content]


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


class Vector(NamedTuple):
    """``numbers`` have the length 1. ``signs``: a bit for each, set where it is above 0."""

    numbers: array[float]
    signs: int


def vector(given: Sequence[float]) -> Vector | None:
    """``None`` for what has no direction."""
    length = sqrt(sum(map(mul, given, given))) if given else 0.0
    if not isfinite(length) or length == 0.0:
        return None
    numbers = array("f", [one / length for one in given])
    return Vector(numbers, int("".join("1" if one > 0 else "0" for one in numbers), 2))


def cosine(one: Vector, other: Vector) -> float:
    return float(sum(map(mul, one.numbers, other.numbers)))


class Similar:
    """Vectors by group (everything but the question), with the keys of their answers. ``limit``: bytes; the groups
    longest unused go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._groups: OrderedDict[bytes, OrderedDict[bytes, Vector]] = OrderedDict()

    def nearest(self, group: bytes, asked: Vector, *, threshold: float) -> list[tuple[bytes, float]]:
        """Keys and similarities of those that are near enough, the nearest first."""
        known = self._groups.get(group)
        if known is None:
            return []
        self._groups.move_to_end(group)
        size, signs = len(asked.numbers), asked.signs
        alike = [one for one in known.items() if len(one[1].numbers) == size]
        alike.sort(key=lambda one: (one[1].signs ^ signs).bit_count())
        found = [(key, cosine(asked, other)) for key, other in alike[:COMPARED]]
        return sorted((one for one in found if one[1] >= threshold), key=lambda one: -one[1])

    def add(self, group: bytes, key: bytes, made: Vector) -> None:
        self.drop(group, key)
        known = self._groups.setdefault(group, OrderedDict())
        self._groups.move_to_end(group)
        known[key] = made
        self.bytes += _size(made)
        if len(known) > MOST_IN_GROUP:
            self.bytes -= _size(known.popitem(last=False)[1])
        while self.bytes > self.limit and self._groups:
            _, gone = self._groups.popitem(last=False)
            self.bytes -= sum(map(_size, gone.values()))

    def drop(self, group: bytes, key: bytes) -> None:
        """Its answer is gone."""
        gone = self._groups.get(group, OrderedDict()).pop(key, None)
        if gone is not None:
            self.bytes -= _size(gone)

    def clear(self) -> None:
        self._groups.clear()
        self.bytes = 0

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))


def _size(made: Vector) -> int:
    return len(made.numbers) * made.numbers.itemsize + BESIDE
