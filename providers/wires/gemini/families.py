"""What each generation of Gemini takes, read off the model id.

Sources: ai.google.dev/gemini-api/docs/{thinking,openai,thought-signatures,structured-output}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

NEWEST = (9, 0)  # an alias without a number (gemini-flash-latest) means the newest
_VERSION = re.compile(r"gemini-(?P<major>\d)(?:\.(?P<minor>\d))?")
_SPECIAL = re.compile(r"-(image|tts|live|audio|native-audio|computer-use|robotics)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """``thinking``: how its depth is told. ``levels``: the words it takes, lowest first. ``budget``: least and most;
    ``can_stop``: thinking can be switched off. ``needs_signature``: a tool call without its thought signature is
    refused. ``result_media``: a functionResponse may hold pictures."""

    thinking: Literal["none", "budget", "level"] = "none"
    levels: tuple[str, ...] = ()
    budget: tuple[int, int] = (0, 24_576)
    can_stop: bool = False
    needs_signature: bool = False
    result_media: bool = False


@lru_cache(maxsize=1024)
def traits(model: str) -> Traits:
    name = model.lower().rpartition("/")[2]
    if not name.startswith("gemini"):
        return Traits()
    found = _VERSION.match(name)
    version = (int(found["major"]), int(found["minor"] or 0)) if found else NEWEST
    special = _SPECIAL.search(name) is not None
    if version >= (3, 0):
        return Traits(
            thinking="none" if special else "level",
            levels=_levels(name, version),
            needs_signature=True,
            result_media=True,
        )
    if version < (2, 5) or special:
        return Traits()
    if "pro" in name:
        return Traits(thinking="budget", budget=(128, 32_768))
    return Traits(thinking="budget", budget=(512 if "lite" in name else 1, 24_576), can_stop=True)


def _levels(name: str, version: tuple[int, int]) -> tuple[str, ...]:
    if "flash" in name:
        return ("minimal", "low", "medium", "high")
    return ("low", "high") if version == (3, 0) else ("low", "medium", "high")
