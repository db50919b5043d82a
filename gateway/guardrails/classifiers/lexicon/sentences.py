"""A text as sentences: words with one space around each, quotation marks kept, and the language each seems to be in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

QUOTES = str.maketrans(dict.fromkeys("“”„«»‹›", '"'))
TOKEN = re.compile(r"[^\W_]+|[.!?;\n]+|\"")
LONGEST = 80  # words; a longer sentence is cut, and the pieces overlap
OVERLAP = 12
FEWEST = 2  # words of a language that tell of it


class Sentence(NamedTuple):
    """``text`` has a space at both ends."""

    text: str
    words: frozenset[str]
    languages: frozenset[str]


def tokens_of(text: str) -> Iterator[list[str]]:
    """The words of each sentence."""
    words: list[str] = []
    for found in TOKEN.finditer(text.translate(QUOTES)):
        token = found[0]
        if token[0] in ".!?;\n":
            if words:
                yield words
            words = []
            continue
        words.append(token)
        if len(words) == LONGEST:
            yield words
            words = words[-OVERLAP:]
    if words:
        yield words


def spoken(words: list[str], known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The languages most of the known words are of; none where there are too few such words to tell."""
    counts: dict[str, int] = {}
    for word in words:
        for language in known.get(word, ()):
            counts[language] = counts.get(language, 0) + 1
    most = max(counts.values(), default=0)
    if most < FEWEST:
        return frozenset()
    return frozenset(language for language, count in counts.items() if 2 * count >= most)
