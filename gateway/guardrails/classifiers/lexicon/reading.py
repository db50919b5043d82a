"""Reads the lexicon's files. A file is a language; its sections are headed by brackets:

    [category weight flags]   patterns, one a line. Flags: ``any`` counts in texts of every language, not only in those
                              that seem to be in the file's; ``firm`` is not taken back by a "not",
                              nor is a pattern that has one of its own
    [!words]                  words by which the language is known
    [!idioms]                 patterns that are harmless: what they match is taken out first
    [!denying], [!telling] …  (before the patterns) words that take the weight of a finding away; see ``relief``
    @name = a | b             a list that patterns may name

A pattern is words with spaces between: ``a|b`` one of them, ``a_b`` two words that belong together, ``word*`` any
ending, ``(…)?`` that may be missing, ``~`` up to four words of any kind. Everything is written without accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gateway.guardrails.classifiers.lexicon.spelling import bare

DATA = Path(__file__).parent / "data"
GAP = "~"
FIRST = "en"  # whose word a starred one is where several fit
_ANY_WORDS = r"(?: [^\W_]\S*){0,4}?"
KEY = 3  # letters of a word by which patterns are looked up


class Pattern(NamedTuple):
    """``anchors``: beginnings of words, one of which every match has."""

    regex: re.Pattern[str]
    anchors: frozenset[str]
    category: str
    weight: float
    language: str = ""  # "" counts in every language
    firm: bool = False


@dataclass(slots=True)
class Language:
    code: str
    words: frozenset[str] = frozenset()
    patterns: list[Pattern] = field(default_factory=list)
    idioms: list[Pattern] = field(default_factory=list)
    reliefs: dict[str, list[Pattern]] = field(default_factory=dict)
    vocabulary: set[str] = field(default_factory=set)  # every whole word that patterns name


def languages() -> list[Language]:
    """Raises ``ValueError`` naming the file and line of what cannot be read."""
    return [_language(path) for path in sorted(DATA.glob("*.txt"), key=lambda path: (path.stem != FIRST, path.stem))]


def _language(path: Path) -> Language:
    language = Language(path.stem)
    lists: dict[str, str] = {}
    head: list[str] = []
    for number, line in _lines(path):
        try:
            if line.startswith("["):
                head = line.strip("[]").split()
            elif line.startswith("@") and " = " in line:
                name, _, given = line.partition("=")
                lists[name.strip()] = "|".join(one.strip().replace(" ", "_") for one in given.split("|"))
            else:
                _take(language, head, _expanded(line, lists))
        except (ValueError, IndexError, re.error) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    return language


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = bare(line.partition("#")[0]).strip()
        if text:
            yield number, text


def _expanded(line: str, lists: Mapping[str, str]) -> str:
    for name in sorted(lists, key=len, reverse=True):
        line = line.replace(name, lists[name])
    if "@" in line:
        raise ValueError("a list that is not there")
    return line


def _take(language: Language, head: list[str], line: str) -> None:
    kind = head[0]
    if kind == "!words":
        language.words |= frozenset(line.split())
        return
    language.vocabulary |= {word for word in re.split(r"[ |_()?~]+", line) if word.isalpha() and len(word) > 1}
    regex, anchors = compiled(line)
    if kind == "!idioms":
        language.idioms.append(Pattern(regex, anchors, kind, 0.0, language.code))
    elif kind.startswith("!"):
        language.reliefs.setdefault(kind[1:], []).append(Pattern(regex, anchors, kind, 0.0, language.code))
    else:
        code = "" if "any" in head[2:] else language.code
        firm = "firm" in head[2:] or any(one.regex.search(needed(line)) for one in language.reliefs["denying"])
        language.patterns.append(Pattern(regex, anchors, kind, float(head[1]), code, firm))


def needed(line: str) -> str:
    """The words of what must be there, as a sentence."""
    must = " ".join(one for one in line.split(" ") if not one.endswith(")?"))
    return f" {' '.join(re.findall(r'[^_|()* ~]+', must))} "


def compiled(line: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """A pattern over a sentence of words with one space around each."""
    written, anchors = "", list[frozenset[str]]()
    for element in line.split(" "):
        if element == GAP:
            written += _ANY_WORDS
            continue
        optional = element.endswith(")?")
        choices = element.removeprefix("(").removesuffix("?").removesuffix(")").split("|")
        group = "|".join(_choice(one) for one in choices)
        written += f"(?: (?:{group}))?" if optional else f" (?:{group})"
        if not optional:
            anchors.append(frozenset(one.replace("_", " ").split()[0].rstrip("*")[:KEY] for one in choices))
    if not anchors:
        raise ValueError("a pattern of nothing that must be there")
    return re.compile(written + "(?= )"), min(anchors, key=_commonness)


def _choice(choice: str) -> str:
    if not choice.strip("*_"):
        raise ValueError("an empty choice")
    return " ".join(
        re.escape(word.rstrip("*")) + (r"[^\W_]*" if word.endswith("*") else "") for word in choice.split("_")
    )


def _commonness(anchors: frozenset[str]) -> tuple[int, int]:
    """The rarest first: long beginnings, few of them."""
    return (-min(map(len, anchors)), len(anchors))
