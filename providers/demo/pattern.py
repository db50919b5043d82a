"""A text that matches a regular expression, made from the parse tree of Python's own ``re``.

The text matches by construction and is never searched with the pattern: patterns come from apps, and one that
backtracks without end would stop the event loop.
"""

from __future__ import annotations

import re
from typing import Any

MAX_CHARACTERS = 10_000
BEGIN, END = "\ue000", "\ue001"  # stand for ^ and $ until the text is whole


def matching(pattern: str, *, least: int = 0) -> str | None:
    """A text of at least ``least`` characters that matches ``pattern``; ``None`` if none could be made, as with
    lookarounds and word boundaries."""
    try:
        tree = re._parser.parse(pattern)  # type: ignore[attr-defined]
        for extra in (0, 1, least):  # longer repeats where the shortest text is too short
            text, ends = _anchored(_sequence(tree, {}, extra))
            if len(text) >= least:
                return text
    except (re.error, RecursionError, OverflowError, LookupError, ValueError):
        return None
    return None if ends else text.ljust(least, "o")  # without $ anything may follow


def _anchored(text: str) -> tuple[str, bool]:
    """``text`` without its anchors and whether it had a ``$``. Raises ``ValueError`` for one in the middle."""
    ends = text.endswith(END)
    text = text.lstrip(BEGIN).rstrip(END)
    if BEGIN in text or END in text:
        raise ValueError("nothing matches an anchor in the middle")
    return text, ends


def _sequence(nodes: Any, groups: dict[int, str], extra: int) -> str:
    return "".join(_node(str(op), argument, groups, extra) for op, argument in nodes)


def _node(op: str, argument: Any, groups: dict[int, str], extra: int) -> str:
    match op:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return "a" if argument != ord("a") else "b"
        case "ANY":
            return "a"
        case "IN":
            return _member(argument)
        case "BRANCH":
            return _sequence(argument[1][0], groups, extra)
        case "SUBPATTERN":
            groups[argument[0]] = _sequence(argument[-1], groups, extra)
            return groups[argument[0]]
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            return _repeated(int(least), int(most), inner, groups, extra)
        case "GROUPREF":
            return groups[argument]
        case "AT" if str(argument) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return BEGIN
        case "AT" if str(argument) in ("AT_END", "AT_END_STRING"):
            return END
        case _:
            raise ValueError(f"{op} is not supported")


def _repeated(least: int, most: int, inner: Any, groups: dict[int, str], extra: int) -> str:
    times = min(most, least + extra)
    text = _sequence(inner, groups, 0) if times else ""
    if len(text) * times > MAX_CHARACTERS:
        raise ValueError("too long")
    return text * times


def _member(items: Any) -> str:
    """A character of the set, letters and digits first."""
    allowed = re.compile("[" + "".join(_in_class(str(op), argument) for op, argument in items) + "]")
    first_range = next((argument for op, argument in items if str(op) == "RANGE"), (0x4E00, 0))
    for code in (*b"a0A", *range(32, 127), *range(160, 1024), first_range[0], 10):
        if allowed.match(chr(code)):
            return chr(code)
    return chr(next(argument for op, argument in items if str(op) == "LITERAL"))


def _in_class(op: str, argument: Any) -> str:
    match op:
        case "NEGATE":
            return "^"
        case "LITERAL":
            return re.escape(chr(argument))
        case "RANGE":
            return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
        case _:
            return CLASSES[str(argument)]


CLASSES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
