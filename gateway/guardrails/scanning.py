"""A text on its way through a finder: in one piece, in chunks, or as a stream brings it. What comes out is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from gateway.guardrails.detect.entities import Finding
from gateway.guardrails.finders import Finder
from gateway.guardrails.views import (
    Piece,
    View,
    looks_like_json,
    may_become_json,
    pieces_of,
    view_of,
    whole_escapes,
)

Span = tuple[int, int]
Replace = Callable[[Finding, str], str]  # a finding and its value → what stands in its place


class Pipe(Protocol):
    """Text goes in as it comes; what comes out may be shown. ``changed``: whether anything was replaced."""

    @property
    def changed(self) -> bool: ...

    @property
    def held(self) -> str:
        """What came and did not go out."""
        ...

    def feed(self, text: str) -> str: ...

    def finish(self) -> str: ...


class Scanner:
    """Implements ``Pipe``. ``json``: the text is JSON, whose escapes hide nothing and which stays JSON. ``spared``:
    where in a text nothing is to be replaced."""

    def __init__(self, finder: Finder, replace: Replace, *, json: bool, spared: Callable[[str], list[Span]]) -> None:
        self._finder = finder
        self._replace = replace
        self._json = json
        self._spared = spared
        self._raw = ""  # came, and is held
        self._inside = False  # of a JSON string, where the held text begins
        self.changed = False

    @property
    def held(self) -> str:
        return self._raw

    def feed(self, text: str) -> str:
        return self._scan(self._raw + text, last=False)

    def finish(self) -> str:
        return self._scan(self._raw, last=True) if self._raw else ""

    def feed_all(self, text: str) -> str:
        """A whole text at once."""
        return self._scan(text, last=True)

    def _scan(self, raw: str, *, last: bool) -> str:
        whole = len(raw) if last or not self._json else whole_escapes(raw)
        view = view_of(raw[:whole], json=self._json, inside=self._inside)
        # What stands before an open end changes nothing behind it, and what comes changes nothing before.
        cut = len(view.text) if last else len(view.text) - self._finder.open_tail(view.text)
        out: list[str] = []
        at = 0
        for one in self._finder.find(view.text[:cut]) if cut else ():
            for piece in self._pieces(view, one):
                told = self._replace(one, view.text[piece.start : piece.end])
                out += (raw[at : view.raw(piece.start)], f'"{told}"' if piece.quoted else told)
                at = view.raw(piece.end)
                self.changed |= told != view.text[piece.start : piece.end]
        end = view.raw(cut)
        out.append(raw[at:end])
        self._raw = raw[end:]
        self._inside = view.inside_at(cut)
        return "".join(out)

    def _pieces(self, view: View, one: Finding) -> Iterator[Piece]:
        """What of a finding is to be replaced. "password=[SECRET_1]" is no secret any more."""
        for start, end in without(self._spared(view.text), one.start, one.end):
            if (start, end) == (one.start, one.end) or any(map(str.isalnum, view.text[start:end])):
                yield from pieces_of(view, start, end)


def without(spans: list[Span], start: int, end: int) -> Iterator[Span]:
    """What of ``start`` to ``end`` none of the spans covers."""
    for begin, until in spans:
        if until > start and begin < end:
            if begin > start:
                yield start, begin
            start = until
    if start < end:
        yield start, end


class Observer:
    """Implements ``Pipe``: looks, and holds nothing back."""

    changed = False
    held = ""

    def __init__(self, scanner: Pipe) -> None:
        self._scanner = scanner

    def feed(self, text: str) -> str:
        self._scanner.feed(text)
        return text

    def finish(self) -> str:
        self._scanner.finish()
        return ""


class Guarded:
    """Implements ``Pipe``: one that fails is out of the way, if ``fails`` lets it; what it held goes out as it came."""

    def __init__(self, pipe: Pipe, fails: Callable[[Exception], None]) -> None:
        self._pipe: Pipe | None = pipe
        self._fails = fails

    @property
    def changed(self) -> bool:
        return self._pipe is not None and self._pipe.changed

    @property
    def held(self) -> str:
        return self._pipe.held if self._pipe is not None else ""

    def feed(self, text: str) -> str:
        return self._safely(lambda pipe: pipe.feed(text), text) if self._pipe is not None else text

    def finish(self) -> str:
        return self._safely(lambda pipe: pipe.finish(), "") if self._pipe is not None else ""

    def _safely(self, work: Callable[[Pipe], str], more: str) -> str:
        assert self._pipe is not None
        held = self._pipe.held
        try:
            return work(self._pipe)
        except Exception as error:
            self._pipe = None
            self._fails(error)
            return held + more


class Chain:
    """Implements ``Pipe``: one after the other."""

    def __init__(self, *pipes: Pipe) -> None:
        self._pipes = pipes

    @property
    def changed(self) -> bool:
        return any(one.changed for one in self._pipes)

    @property
    def held(self) -> str:
        return "".join(one.held for one in reversed(self._pipes))

    def feed(self, text: str) -> str:
        for pipe in self._pipes:
            text = pipe.feed(text)
        return text

    def finish(self) -> str:
        text = ""
        for pipe in self._pipes:
            text = (pipe.feed(text) if text else "") + pipe.finish()
        return text


class Deciding:
    """Implements ``Pipe``: waits until the text's beginning tells whether it is JSON, then is what ``make`` makes."""

    def __init__(self, make: Callable[[bool], Pipe]) -> None:
        self._make = make
        self._pipe: Pipe | None = None
        self._held = ""

    @property
    def changed(self) -> bool:
        return self._pipe is not None and self._pipe.changed

    @property
    def held(self) -> str:
        return self._held if self._pipe is None else self._pipe.held

    def feed(self, text: str) -> str:
        if self._pipe is not None:
            return self._pipe.feed(text)
        self._held += text
        if may_become_json(self._held):
            return ""
        return self._decided()

    def finish(self) -> str:
        if self._pipe is None:
            return self._decided() + self.finish() if self._held else ""
        return self._pipe.finish()

    def _decided(self) -> str:
        self._pipe = self._make(looks_like_json(self._held))
        held, self._held = self._held, ""
        return self._pipe.feed(held)
