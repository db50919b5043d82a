"""Own patterns, word lists, and Presidio behind its adapter."""

from __future__ import annotations

import random
import time
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.guardrails.detect import BUILT_IN, DetectorTimeout, Entity, OwnPattern, PatternError, detect, open_tail
from gateway.guardrails.detect.presidio import PresidioDetector, PresidioMissing
from gateway.guardrails.detect.words import WordList

NAMES = frozenset({Entity.NAME, Entity.LOCATION})
WORDS = WordList(("ab", "ab ba", "ba ab", "ass", "a", "foo bar", "foo", "坏", "坏人", "c-d", "ΛΌΓΟΣ", "-x"))
SCRAPS = st.sampled_from(
    (
        "a",
        "b",
        " ",
        "\n",
        "  ",
        " " * 7,
        "ab",
        "ba",
        "ss",
        "foo",
        "bar",
        "坏",
        "人",
        "-",
        "c",
        "d",
        "\u200b",
        "ΛΌΓΟ",
        "Σ",
        "x",
        "İ",
    )
)


def test_own_patterns_are_found_beside_the_built_in_ones() -> None:
    text = "PRJ-1234 is for ann@example.com"
    found = detect(text, BUILT_IN, (OwnPattern("project", r"\bPRJ-\d+\b"),))
    assert [(one.entity, one.kind) for one in found] == [(Entity.OWN, "project"), (Entity.EMAIL, "")]


def test_a_pattern_without_spaces_waits_for_the_word_and_one_with_spaces_for_the_line() -> None:
    text = "The project is PRJ-12"
    assert open_tail(text, frozenset(), (OwnPattern("project", r"PRJ-\d+"),)) == len("is PRJ-12")
    assert open_tail(f"One.\n{text}", frozenset(), (OwnPattern("project", r"PRJ.*"),)) == len(text)


@pytest.mark.parametrize("pattern", ["a b", ".", r"\s", "[^a]", r"(?=a)", "^a", "a$", r"\W", "(?i)a"])
def test_what_may_see_a_space_is_looked_for_in_lines(pattern: str) -> None:
    assert OwnPattern("some", f"x{pattern}" if pattern[0] != "(" else f"{pattern}x").in_lines


@pytest.mark.parametrize("pattern", ["", "x*", "(", "[a", "a" * 1001, "(?P<a"])
def test_what_is_no_pattern_says_why(pattern: str) -> None:
    with pytest.raises(PatternError):
        OwnPattern("some", pattern)


def test_a_pattern_that_takes_too_long_says_so_and_not_in_what() -> None:
    slow = OwnPattern("slow", r"(?:a|aa)+b", timeout=0.01)
    with pytest.raises(DetectorTimeout, match="slow") as raised:
        detect("a" * 60, BUILT_IN, (slow,))
    assert "aa" not in str(raised.value)


def test_words_are_found_in_any_case_and_only_whole() -> None:
    text = "The CLASS was an Ass; assets, ＡＳＳ and a\u200bss"
    assert [text[one.start : one.end] for one in WordList(["ass"]).find(text)] == ["Ass", "ＡＳＳ", "a\u200bss"]


def test_the_longest_of_words_that_begin_together_is_found() -> None:
    assert [(one.start, one.end) for one in WORDS.find("foo bar, 坏人")] == [(0, 7), (9, 11)]


def test_a_phrase_goes_on_over_line_breaks_and_several_spaces() -> None:
    text = "foo  bar, foo\nbar, foo \u200b\u00a0\r\n\tbar, foo" + " " * 9 + "bar."
    found = [text[one.start : one.end] for one in WordList(["foo bar"]).find(text)]
    assert found == ["foo  bar", "foo\nbar", "foo \u200b\u00a0\r\n\tbar"]


@settings(deadline=None, max_examples=300)
@given(st.lists(SCRAPS, max_size=14), st.lists(st.integers(0, 60), max_size=5))
def test_words_are_found_wherever_a_stream_is_cut(scraps: list[str], places: list[int]) -> None:
    text = "".join(scraps)
    held, gone, found = "", 0, []
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    for start, end in pairwise(bounds):
        held += text[start:end]
        cut = len(held) - WORDS.open_tail(held)
        found += [one.shifted(gone) for one in WORDS.find(held[:cut])]
        held, gone = held[cut:], gone + cut
    assert found + [one.shifted(gone) for one in WORDS.find(held)] == WORDS.find(text)


def test_ten_thousand_words_are_looked_for_at_once() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(10_000)]
    assert [one.start for one in WordList(words).find(f"Nothing, then {words[7]}.")] == [14]


class Told(NamedTuple):
    entity_type: str
    start: int
    end: int
    score: float


class Analyzer:
    """Stands in for Presidio's: knows one name and one place, and guesses another."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def analyze(self, *, text: str, language: str, entities: list[str]) -> list[Told]:
        self.asked.append({"language": language, "entities": entities})
        told = [Told("PERSON", 0, 9, 0.85), Told("PERSON", 4, 9, 0.6), Told("LOCATION", 19, 25, 0.85)]
        return [*told, Told("PERSON", 10, 15, 0.2)]


def test_names_and_places_come_from_presidio() -> None:
    analyzer = Analyzer()
    found = PresidioDetector(analyzer, language="de").detect("Ann Weber wohnt in Berlin.", NAMES)
    assert [(one.start, one.end, one.entity) for one in found] == [(0, 9, Entity.NAME), (19, 25, Entity.LOCATION)]
    assert analyzer.asked == [{"language": "de", "entities": ["PERSON", "LOCATION"]}]


def test_presidio_is_asked_only_for_what_is_wanted() -> None:
    analyzer = Analyzer()
    assert PresidioDetector(analyzer).detect("Ann Weber wohnt in Berlin.", BUILT_IN) == []
    assert analyzer.asked == []


def test_a_stream_waits_for_the_end_of_the_sentence() -> None:
    detector = PresidioDetector(Analyzer())
    assert detector.open_tail("Ann is here. She lives in Ber") == len("She lives in Ber")
    assert detector.open_tail("Ann is here. ") == 0


@pytest.mark.skipif(find_spec("presidio_analyzer") is not None, reason="Presidio is installed here: nothing is missing")
def test_without_presidio_the_error_says_how_to_install_it() -> None:
    with pytest.raises(PresidioMissing, match="pip install presidio-analyzer"):
        PresidioDetector()


def test_many_lines_do_not_take_many_times_the_limit() -> None:
    slow = OwnPattern("slow", r"(.*a){12}z", timeout=0.01)
    began = time.perf_counter()
    with pytest.raises(DetectorTimeout):
        detect(("a" * 36 + "?\n") * 2_000, frozenset(), [slow])
    assert time.perf_counter() - began < 1
