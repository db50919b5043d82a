"""Names and places, by Microsoft Presidio: an optional package with a language model of its own. Nothing is imported
before it is asked for. It takes milliseconds for a sentence and blocks: call it from a thread, never from the loop."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from gateway.guardrails.detect.entities import WITH_PRESIDIO, Entity, Finding, settled

INSTALL = "pip install presidio-analyzer==2.2.* && python -m spacy download en_core_web_lg"
_KINDS = {"PERSON": Entity.NAME, "LOCATION": Entity.LOCATION}
_LEAST = 0.5  # of Presidio's score; below it the model guesses
_SENTENCE = re.compile(r"[.!?…]+[\"')\]]*\s+|\n+|[。！？]")
_LONGEST = 2_000  # characters held back for a sentence that does not end


class PresidioMissing(RuntimeError):
    """Names or places are to be found, and Presidio or its language model is not installed. Says how to install it."""

    def __init__(self, why: str = "") -> None:
        super().__init__(f"Finding names and places needs Presidio{why}. Install it: {INSTALL}")


class Result(Protocol):
    """What an analyzer answers."""

    entity_type: str
    start: int
    end: int
    score: float


class Analyzer(Protocol):
    """What is used of ``presidio_analyzer.AnalyzerEngine``."""

    def analyze(self, *, text: str, language: str, entities: list[str]) -> Iterable[Result]: ...


def installed() -> bool:
    """Whether the package is there; the language model may still be missing."""
    return find_spec("presidio_analyzer") is not None


def load() -> Analyzer:
    """The analyzer with its language model, which takes seconds and hundreds of megabytes: once for a process. Raises
    PresidioMissing."""
    try:
        engine: Any = import_module("presidio_analyzer").AnalyzerEngine
        loaded: Analyzer = engine()
    except ImportError:
        raise PresidioMissing from None
    except (OSError, SystemExit):  # what spaCy raises, and its download exits with
        raise PresidioMissing("'s language model") from None
    return loaded


class PresidioDetector:
    """Raises PresidioMissing when it is made without an ``analyzer`` and Presidio is not installed."""

    def __init__(self, analyzer: Analyzer | None = None, *, language: str = "en", least: float = _LEAST) -> None:
        self._analyzer = analyzer or load()
        self._language = language
        self._least = least

    def detect(self, text: str, entities: frozenset[Entity]) -> list[Finding]:
        """The names and places in ``text``, as far as ``entities`` asks for them; in order, nothing overlapping."""
        kinds = [kind for kind, entity in _KINDS.items() if entity in entities & WITH_PRESIDIO]
        if not kinds or not text.strip():
            return []
        found = self._analyzer.analyze(text=text, language=self._language, entities=kinds)
        return settled(
            [
                Finding(one.start, one.end, _KINDS[one.entity_type], "presidio", 1)
                for one in found
                if one.score >= self._least and one.entity_type in kinds and one.start < one.end
            ]
        )

    def open_tail(self, text: str) -> int:
        """The unfinished sentence at the end. What a model finds depends on all of a sentence, and on the ones before
        it: a stream may find other names than a look at the whole text."""
        last = 0
        for end in _SENTENCE.finditer(text):
            last = end.end()
        return min(len(text) - last, _LONGEST)
