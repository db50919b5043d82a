"""Own patterns: regular expressions of an admin, with a limit to the time they may take.

They run in the ``regex`` package: its syntax holds all of Python's, and it can be told to stop. (RE2 never takes long,
but knows no lookaround and takes \\w for ASCII.) A pattern sees one line at a time, at most 8,192 characters of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import regex

from gateway.guardrails.detect.entities import Entity, Finding

TIMEOUT = 0.1  # seconds for one pattern over one text, and
_MORE = 1e-6  # for each character of it
_MOST = 1_000  # characters of a pattern
# What cannot match a space: letters, digits, escapes of such, classes and groups of these, and how often.
_WITHOUT_SPACE = re.compile(
    r"(?:[A-Za-z0-9_\-/:;,#@%&=~!'\"<>|]|\\[dwb.\-/+*?()\[\]{}|^$\\]|\(\?:|\((?!\?)|[)?*+]|\{[0-9]*,?[0-9]*\}"
    r"|\[(?!\^)(?:[A-Za-z0-9_.:;,#@%&=~!/+*?-]|\\[dw.\-/])+\])+"
)


class DetectorTimeout(Exception):
    """An own pattern took longer than it may. Holds the pattern's name, never the text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The pattern {name!r} took too long.")
        self.name = name


class PatternError(ValueError):
    """Not a regular expression, or one that cannot be used; says why."""


class OwnPattern:
    """``name`` is told in findings (as their kind) and errors. Raises PatternError for a ``pattern`` that is none, is
    longer than 1,000 characters or matches nothing at all ("x*" does)."""

    def __init__(self, name: str, pattern: str, *, timeout: float = TIMEOUT, ignore_case: bool = False) -> None:
        self.name = name
        self.pattern = pattern
        self.timeout = timeout
        self.ignore_case = ignore_case
        self._compiled = _compiled(pattern, ignore_case=ignore_case)

    def __repr__(self) -> str:
        return f"OwnPattern({self.name!r})"

    @cached_property
    def in_lines(self) -> bool:
        """Whether it may match a space or look at one, so that a stream has to wait for the end of the line."""
        return _WITHOUT_SPACE.fullmatch(self.pattern) is None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Its matches, in order; raises DetectorTimeout."""
        try:
            for found in self._compiled.finditer(text, timeout=self.timeout + _MORE * len(text)):
                if found.end() > found.start():
                    yield found.span()
        except TimeoutError:
            raise DetectorTimeout(self.name) from None

    def most(self, characters: int) -> float:
        """Seconds for a text of that length, all its lines together."""
        return 3 * self.timeout + _MORE * characters

    def find(self, text: str) -> Iterator[Finding]:
        """Its matches in a stretch of text, line by line where it may match spaces."""
        if not self.in_lines:
            yield from (Finding(*span, Entity.OWN, self.name, 3) for span in self.spans(text))
            return
        for line in re.finditer(r"[^\n]+", text):
            for start, end in self.spans(line[0]):
                yield Finding(line.start() + start, line.start() + end, Entity.OWN, self.name, 3)


def _compiled(pattern: str, *, ignore_case: bool) -> regex.Pattern[str]:
    if not pattern or len(pattern) > _MOST:
        raise PatternError(f"A pattern has 1 to {_MOST:,} characters.")
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
        empty = compiled.fullmatch("", timeout=TIMEOUT)
    except regex.error as error:
        raise PatternError(f"Not a regular expression: {error}") from None
    except (TimeoutError, RecursionError, OverflowError, MemoryError):
        raise PatternError("The pattern is too large.") from None
    if empty:
        raise PatternError("The pattern matches where there is nothing.")
    return compiled
