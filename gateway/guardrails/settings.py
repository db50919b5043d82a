"""What ``Guardrail.settings`` may hold, by kind. ``problems`` tells an admin what is wrong; ``read_settings`` makes the
value that checks work with. Both read the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.guardrails.finders import (
    Finder,
    own_patterns,
    pattern_finder,
    pii_finder,
    problem_of_entities,
    problem_of_pattern,
    word_finder,
)
from gateway.guardrails.reading import Broken, Reader
from gateway.guardrails.schemas import SchemaCheck, problem_of_schema
from gateway.guardrails.values import Judging, ModelRules, SizeRules

THRESHOLD = 0.7
CLASSIFIERS = ("moderation", "judge")  # "<one of these>:<model>", or "offline"
MOST_WORDS, MOST_PATTERNS = 10_000, 200
LONGEST_WORD, LONGEST_PATTERN = 200, 1_000

FINDING = frozenset({"pii", "words", "patterns"})  # kinds that say where in a text something is
_ACTIONS = {"finding": ("block", "redact", "restore", "log"), "other": ("block", "log")}
_SIDES = {"size": ("request",), "models": ("request",), "schema": ("reply",)}

__all__ = ["Broken", "actions_of", "problems", "read_settings", "sides_of"]


def actions_of(kind: str) -> tuple[str, ...]:
    """What a guardrail of this kind may do; only what finds a place in a text can put a placeholder there."""
    return _ACTIONS["finding" if kind in FINDING else "other"]


def sides_of(kind: str) -> tuple[str, ...]:
    """What it can check: "request", "reply"."""
    return _SIDES.get(kind, ("request", "reply"))


def problems(kind: str, settings: Any) -> list[str]:
    """What is wrong with the settings, one sentence each; empty where nothing is."""
    try:
        read_settings(kind, settings)
    except Broken as error:
        return list(error.problems)
    return []


def read_settings(kind: str, settings: Any) -> Any:
    """A ``Finder``, ``Judging``, ``SizeRules``, ``ModelRules`` or ``SchemaCheck``. Raises ``Broken``."""
    read = _READERS.get(kind)
    if read is None:
        raise Broken([f"There is no kind of guardrail called {kind[:40]!r}."])
    if not isinstance(settings, Mapping):
        raise Broken(["The settings must be an object, as {}."])
    reader = Reader(settings)
    made = read(reader)
    reader.done()
    return made


def _pii(given: Reader) -> Finder | None:
    entities = given.words("entities")
    regions = given.words("regions")
    patterns = given.patterns("patterns", most=MOST_PATTERNS, longest=LONGEST_PATTERN, problem=problem_of_pattern)
    presidio = given.flag("presidio")
    if problem := problem_of_entities(entities or (), names=presidio):
        given.problems.append(problem)
    if given.problems:
        return None
    return given.made(lambda: pii_finder(entities, regions, own_patterns(patterns), names=presidio))


def _words(given: Reader) -> Finder | None:
    words = given.words("words", needed="Name at least one word.", most=MOST_WORDS, longest=LONGEST_WORD)
    return None if given.problems else given.made(lambda: word_finder(words or ()))


def _patterns(given: Reader) -> Finder | None:
    patterns = given.patterns("patterns", most=MOST_PATTERNS, longest=LONGEST_PATTERN, problem=problem_of_pattern)
    if not patterns and not given.problems:
        given.problems.append("Give at least one pattern.")
    return None if given.problems else given.made(lambda: pattern_finder(own_patterns(patterns)))


def _judging(given: Reader) -> Judging:
    name = given.text("classifier", "offline")
    sort, _, model = name.partition(":")
    if name != "offline" and (sort not in CLASSIFIERS or not model.strip()):
        given.problems.append("`classifier` must be offline, moderation:<model> or judge:<model>.")
    return Judging(
        classifier=name,
        threshold=given.share("threshold", THRESHOLD),
        categories=frozenset(given.words("categories") or ()),
    )


def _size(given: Reader) -> SizeRules:
    rules = SizeRules(
        units=given.count("most_input"), bytes=given.count("most_bytes"), messages=given.count("most_messages")
    )
    if rules == SizeRules() and not given.problems:
        given.problems.append("Set at least one of `most_input`, `most_bytes` and `most_messages`.")
    return rules


def _models(given: Reader) -> ModelRules:
    return ModelRules(allowed=given.words("allowed", needed="Name at least one model, or a pattern as gpt-4o*.") or ())


def _schema(given: Reader) -> SchemaCheck | None:
    schema = given.taken("schema")
    if not isinstance(schema, Mapping) or not schema:
        given.problems.append("`schema` must be a JSON schema: an object that is not empty.")
        return None
    problem = problem_of_schema(schema)
    if problem:
        given.problems.append(problem)
        return None
    return given.made(lambda: SchemaCheck(schema))


_READERS: Mapping[str, Callable[[Reader], Any]] = {
    "pii": _pii,
    "words": _words,
    "patterns": _patterns,
    "safety": _judging,
    "toxicity": _judging,
    "size": _size,
    "models": _models,
    "schema": _schema,
}
