"""Whether a candidate of ``auto`` has what a request needs. ``auto`` may choose among many, so it is stricter than a
route whose targets somebody named (``gateway.routing.needs``): what a model is not known to have is only asked of it
where nobody is known to.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from gateway.routing.candidates import Candidate
from gateway.routing.traits import Traits

ROOM = 1.1  # the estimate of the input may be this much too low
ANY_WINDOW = 8_000  # units that every window is taken to hold, where it is not known
STEPS = (0, 8_000, 16_000, 32_000, 64_000, 128_000, 200_000, 256_000, 400_000, 512_000, 1_000_000, 2_000_000)
LAST_STEP = len(STEPS) - 1


class Needs(NamedTuple):
    """``step``: the largest of ``STEPS`` that the request fills."""

    vision: bool = False
    tools: bool = False
    json_schema: bool = False
    audio: bool = False
    step: int = 0
    local: bool = False


class Lack(NamedTuple):
    """``code``: of a plan's story."""

    code: str
    reason: str


NO_IMAGES = Lack("vision", "does not take images")
NO_TOOLS = Lack("tools", "does not call tools")
NO_SCHEMA = Lack("json_schema", "does not follow a JSON schema")
NO_AUDIO = Lack("audio", "does not take audio")
PERHAPS_IMAGES = Lack("vision", "is not known to take images, and others are")
PERHAPS_AUDIO = Lack("audio", "is not known to take audio, and others are")
PERHAPS_INPUT = Lack("input", "its window is not known, and others are wide enough")
NOT_ALLOWED = Lack("key", "may not be called by this key")
NOT_LOCAL = Lack("local", "does not run on one's own machines")


def needed_window(traits: Traits) -> int:
    return int(traits.input * ROOM) + traits.output


def needs_of(traits: Traits, *, local: bool) -> Needs:
    step = bisect_right(STEPS, needed_window(traits)) - 1
    return Needs(traits.vision, traits.tools, traits.json_schema, traits.audio, max(0, step), local)


def lack_of(one: Candidate, needs: Needs) -> Lack | None:
    """The first need it is known not to meet."""
    if needs.local and not one.local:
        return NOT_LOCAL
    if needs.vision and one.vision is False:
        return NO_IMAGES
    if needs.tools and one.tools is False:
        return NO_TOOLS
    if needs.json_schema and one.json_schema is False:
        return NO_SCHEMA
    if needs.audio and one.audio is False:
        return NO_AUDIO
    if one.window is not None and one.window < STEPS[needs.step]:
        return too_small(one.window)
    return None


def doubt_of(one: Candidate, needs: Needs) -> Lack | None:
    """The first need it is not known to meet, of those that most models do not."""
    if needs.vision and one.vision is None:
        return PERHAPS_IMAGES
    if needs.audio and one.audio is None:
        return PERHAPS_AUDIO
    if one.window is None and STEPS[needs.step] >= ANY_WINDOW:
        return PERHAPS_INPUT
    return None


def too_small(window: int) -> Lack:
    return Lack("input", f"takes {window:,} units, fewer than the request with its answer")
