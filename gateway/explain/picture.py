"""The picture of a plan: its story (``gateway.routing.story``) as words and bars that the template draws.

A story may have been stored by another version: what is missing or of another kind is left out of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.explain import words
from gateway.explain.reading import entries, listed, named, number, text
from providers.admin import cells

PARTS = ("capability", "cost", "performance", "availability")
Key = tuple[str, str]  # provider, model


class Fate(NamedTuple):
    """What became of a target in the call: a word, its tone, and the whole of it."""

    word: str
    tone: cells.Tone
    title: str = ""


NOT_TRIED = Fate("not needed", "grey")


class Segment(NamedTuple):
    """A part of a score in the bar: ``left`` and ``width`` in percent of a perfect score."""

    name: str
    left: float
    width: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A target in the order it would be tried."""

    number: int
    provider: str
    model: str
    reason: str
    score: str = ""
    segments: tuple[Segment, ...] = ()
    told: str = ""  # the score for readers that see no bars
    facts: tuple[str, ...] = ()
    fate: Fate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """``names``: the way from the asked name to its route. ``said``: one sentence of how the choice was made."""

    names: tuple[str, ...]
    how: str
    said: str
    chips: tuple[tuple[str, cells.Tone, str], ...] = ()
    places: tuple[Place, ...] = ()
    weights: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str, str], ...] = ()  # provider, model, why
    more_dropped: int = 0
    after: tuple[tuple[str, str], ...] = ()  # what happens when that fails: name and value

    @property
    def scored(self) -> bool:
        return any(place.segments for place in self.places)

    @property
    def dropped_count(self) -> int:
        return len(self.dropped) + self.more_dropped


def picture(story: Any, *, fates: Mapping[Key, Fate] | None = None) -> Picture | None:
    """``None`` where nothing was chosen. ``fates``: what became of targets, if a call was made."""
    if not isinstance(story, dict) or not text(story, "name"):
        return None
    weights = _weights(story)
    return Picture(
        names=_names(story),
        how=words.HOW.get(text(story, "how"), text(story, "how")),
        said=words.sentence(story),
        chips=tuple(_chips(story)),
        places=tuple(_place(one, at, weights, fates) for at, one in enumerate(entries(story, "targets"), start=1)),
        weights=tuple((name, f"{share:.0%}") for name, share in weights.items()),
        dropped=tuple((text(one, "provider"), text(one, "model"), _why(one)) for one in entries(story, "dropped")),
        more_dropped=int(number(story, "more_dropped") or 0),
        after=tuple(words.after(story)),
    )


def _names(story: Mapping[str, Any]) -> tuple[str, ...]:
    passed = [text(story, "name"), *listed(story, "via"), text(story, "route")]
    return tuple(dict.fromkeys(name for name in passed if name))


def _weights(story: Mapping[str, Any]) -> dict[str, float]:
    """The share of each part in a score, together 1; equal where the story does not say."""
    given = {name: number(named(story, "weights"), name) or 0.0 for name in PARTS}
    whole = sum(given.values())
    return {name: share / whole for name, share in given.items()} if whole else dict.fromkeys(PARTS, 0.25)


def _chips(story: Mapping[str, Any]) -> Iterator[tuple[str, cells.Tone, str]]:
    for need in listed(story, "needs"):
        yield words.NEEDS.get(need, need), "blue", "What the request needs of a model"
    if units := number(story, "input"):
        yield f"≈ {units:,.0f} input", "grey", "Estimated input units"
    if session := text(story, "session"):
        source = words.SESSION.get(text(story, "session_from"), "")
        yield f"conversation {session[:8]}", "grey", f"{session}: {source}" if source else session
    if story.get("sticky") is True:
        yield "stays where it was", "green", "The first target is where this conversation was before: its cache is warm"


def _place(one: Mapping[str, Any], at: int, weights: Mapping[str, float], fates: Mapping[Key, Fate] | None) -> Place:
    provider, model = text(one, "provider"), text(one, "model")
    score = number(one, "score")
    segments = tuple(_segments(named(one, "parts"), weights)) if score is not None else ()
    return Place(
        number=at,
        provider=provider,
        model=model,
        reason=text(one, "reason"),
        score="" if score is None else f"{score:.2f}",
        segments=segments,
        told="" if score is None else f"Score {score:.2f}: {', '.join(part.title for part in segments)}",
        facts=tuple(words.facts(one)),
        fate=None if fates is None else fates.get((provider, model), NOT_TRIED),
    )


def _segments(parts: Mapping[str, Any], weights: Mapping[str, float]) -> Iterator[Segment]:
    left = 0.0
    for name in PARTS:
        value = number(parts, name)
        if value is None:
            continue
        width = 100 * weights[name] * min(max(value, 0.0), 1.0)
        yield Segment(name, round(left, 2), round(width, 2), f"{name} {value:.2f} × {weights[name]:.0%}")
        left += width


def _why(one: Mapping[str, Any]) -> str:
    return text(one, "reason") or words.DROPPED.get(text(one, "code"), text(one, "code"))
