"""From settings to what finds: the detectors of ``gateway.guardrails.detect``, all behind one face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

from gateway.guardrails import detect
from gateway.guardrails.detect import BUILT_IN, WITH_PRESIDIO, Entity, Finding, OwnPattern, PatternError, presidio
from gateway.guardrails.detect.entities import settled
from gateway.guardrails.detect.words import WordList
from gateway.guardrails.escapes import before, finding, tailing

LONGEST_SENTENCE = 2_000  # characters: Presidio is given whole ones


class Finder(NamedTuple):
    """``find`` takes a text and answers what is in it, in order, nothing overlapping. ``open_tail`` says how many
    characters at the end of a text may belong to something that only what follows would show; what stands before them
    changes nothing. ``longest``: characters of the longest thing it finds. ``blocks``: it takes so long that it
    belongs in a thread."""

    find: Callable[[str], Sequence[Finding]]
    open_tail: Callable[[str], int]
    longest: int
    blocks: bool = False


def problem_of_pattern(pattern: str) -> str:
    """What is wrong with a regular expression, in a sentence; "" where nothing is."""
    try:
        OwnPattern("pattern", pattern)
    except PatternError as error:
        return str(error).removesuffix(".") + "."
    return ""


def own_patterns(pairs: Sequence[tuple[str, str]]) -> tuple[OwnPattern, ...]:
    """From (name, pattern). Raises ``ValueError``."""
    return tuple(OwnPattern(name, pattern) for name, pattern in pairs)


def problem_of_entities(entities: Sequence[str], *, names: bool) -> str:
    """What is wrong with the entities' names, in a sentence; "" where nothing is."""
    unknown = [one for one in entities if one.upper() not in Entity.__members__ or one.upper() == Entity.OWN]
    if unknown:
        known = ", ".join(sorted(one.value for one in (*BUILT_IN, *WITH_PRESIDIO)))
        return f"Nobody finds {', '.join(unknown)[:200]} for `entities`; there are {known}."
    named = sorted(one.upper() for one in entities if one.upper() in WITH_PRESIDIO)
    if named and not names:
        return f"In `entities` {', '.join(named)} can only be found with `presidio`."
    return ""


def pii_finder(
    entities: Sequence[str] | None, regions: Sequence[str] | None, own: Sequence[OwnPattern], *, names: bool
) -> Finder:
    """``entities`` and ``regions`` (countries, as DE) of ``None``: all there are. Raises ``ValueError`` for what cannot
    be found here."""
    wanted = frozenset(Entity(one.upper()) for one in entities) if entities is not None else BUILT_IN
    if names and entities is None:
        wanted |= WITH_PRESIDIO
    countries = tuple(one.upper() for one in regions or ())
    finder = _finder(wanted & BUILT_IN, own, countries)
    return _with_presidio(finder, wanted & WITH_PRESIDIO) if names else finder


def pattern_finder(own: Sequence[OwnPattern]) -> Finder:
    return _finder(frozenset(), own, ())


def _finder(entities: frozenset[Entity], own: Sequence[OwnPattern], regions: tuple[str, ...]) -> Finder:
    find = finding(lambda text: detect.detect(text, entities, own, regions=regions))
    tail = tailing(partial(_open_tail, entities, own))
    longest = detect.longest(entities, own)
    return Finder(*_as_written(find, tail, own), longest) if own else Finder(find, tail, longest)


def _as_written(
    find: Callable[[str], Sequence[Finding]], tail: Callable[[str], int], own: Sequence[OwnPattern]
) -> tuple[Callable[[str], Sequence[Finding]], Callable[[str], int]]:
    """An admin's own patterns may be about the escapes themselves."""

    def found(text: str) -> Sequence[Finding]:
        if "\\" not in text and "%" not in text:
            return find(text)
        return settled([*find(text), *detect.detect(text, frozenset(), own)])

    def open_tail(text: str) -> int:
        return len(text) - before(text, len(text) - max(tail(text), _open_tail(frozenset(), own, text)))

    return found, open_tail


def _open_tail(entities: frozenset[Entity], own: Sequence[OwnPattern], text: str) -> int:
    return detect.open_tail(text, entities, own)


def word_finder(words: Sequence[str]) -> Finder:
    listed = WordList(words, name="word")
    return Finder(find=finding(listed.find), open_tail=tailing(listed.open_tail), longest=listed.longest)


def _with_presidio(finder: Finder, entities: frozenset[Entity]) -> Finder:
    if not presidio.installed():
        raise ValueError(f"`presidio` is not installed here. Install it: {presidio.INSTALL}.")

    def find(text: str) -> list[Finding]:
        return settled([*finder.find(text), *_presidio().detect(text, entities)])

    def open_tail(text: str) -> int:
        return max(finder.open_tail(text), _presidio().open_tail(text))

    return Finder(find=find, open_tail=open_tail, longest=max(finder.longest, LONGEST_SENTENCE), blocks=True)


@cache
def _presidio() -> presidio.PresidioDetector:
    """One for the process, made in a thread when it is first asked: it loads a language model."""
    return presidio.PresidioDetector()
