"""Every text field of a request or reply, whichever endpoint it is of: read, and written anew where it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.guardrails.dialects import request_shape
from gateway.guardrails.shapes import Shape

Key = tuple[str, bool]  # a text, and whether it is JSON
SPOKEN = ("system", "messages", "prompt", "suffix", "input", "query", "documents")  # what people and models say


class TooDeep(Exception):
    """The body is nested too deeply to be read."""


class Fields:
    """A visitor. ``known``: what is to stand in the place of a text; texts without an entry stay."""

    def __init__(self, known: Mapping[Key, str] | None = None, *, sealed: bool = True) -> None:
        self._known = known if known is not None else {}
        self.sealed = sealed
        self.depth = 0
        self.found: dict[Key, None] = {}
        self.numbers = 0  # fields that hold a tokenizer's numbers: no check can read them

    def text(self, text: str, *, json: bool) -> str:
        key = (text, json)
        self.found[key] = None
        return self._known.get(key, text)

    def unchecked(self, what: str) -> None:
        self.numbers += 1


class Writing:
    """A visitor that writes every text anew by ``write(text, json)``."""

    def __init__(self, write: Callable[[str, bool], str], *, sealed: bool) -> None:
        self._write = write
        self.sealed = sealed
        self.depth = 0

    def text(self, text: str, *, json: bool) -> str:
        return self._write(text, json)

    def unchecked(self, what: str) -> None:
        return None


def walked(value: Any, shape: Shape, visitor: Any) -> Any:
    """``value`` as the visitor wants it; itself where nothing changed. Raises ``TooDeep``."""
    try:
        return shape(value, visitor)
    except RecursionError:
        raise TooDeep from None


def texts_of(body: Mapping[str, Any], endpoint: str) -> tuple[str, ...]:
    """Every text of a request. Raises ``TooDeep``."""
    visitor = Fields()
    walked(body, request_shape(endpoint), visitor)
    return tuple(dict.fromkeys(text for text, _ in visitor.found))


def spoken(body: Mapping[str, Any], endpoint: str) -> tuple[str, ...]:
    """What is said in it, for a classifier: without the tools, schemas and parameters. Raises ``TooDeep``."""
    return texts_of({name: body[name] for name in SPOKEN if name in body}, endpoint)
