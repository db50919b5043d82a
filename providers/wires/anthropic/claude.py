"""What each generation of Claude takes, read off the model id. Any prefix or suffix around it is fine
(``anthropic.claude-opus-4-7-v1:0``, ``claude-haiku-4-5@20251001``), so other clouds' ids work too.

Sources: platform.claude.com build-with-claude/{adaptive-thinking,extended-thinking,effort,structured-outputs},
about-claude/models/whats-new-*, api/errors; Amazon Bedrock user guide, "Adaptive thinking".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

DEFAULT_MAX_OUTPUT = 8192  # of a model nobody knows anything about
FAMILY = re.compile(r"claude-(?P<family>[a-z]+)-(?:(?P<major>\d)(?!\d)(?:[-.](?P<minor>\d{1,2})(?!\d))?|preview)")
NUMBERED = re.compile(r"claude-(?:instant-)?v?(?P<major>\d)(?!\d)(?:[-.](?P<minor>\d)(?!\d))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """``thinking``: how it is switched on. ``off``: how it is switched off (some models always think).
    ``efforts``: the levels of output_config.effort, lowest first, none if it is refused."""

    thinking: Literal["none", "budget", "adaptive"]
    off: Literal["omit", "disabled", "never"] = "omit"
    efforts: tuple[str, ...] = ()
    sampling: bool = True  # takes temperature, top_p, top_k
    one_sampler: bool = False  # refuses temperature beside top_p
    schema: bool = True  # takes output_config.format and strict tools
    hides_thinking: bool = False  # sends thinking without its text unless asked to show it
    max_output: int = DEFAULT_MAX_OUTPUT


STRANGER = Traits(thinking="budget", off="disabled")  # another vendor's model behind this protocol
FOUR = ("low", "medium", "high", "max")
FIVE = ("low", "medium", "high", "xhigh", "max")


@lru_cache(maxsize=1024)
def traits(model: str) -> Traits:
    """What ``model`` takes. A Claude newer than this file is taken to be like the newest it knows."""
    found = FAMILY.search(model.lower()) or NUMBERED.search(model.lower())
    if found is None:
        return STRANGER
    family = found.groupdict().get("family", "")
    if found["major"] is None:  # claude-mythos-preview
        return _of(family, (5, 0))
    return _of(family, (int(found["major"]), int(found["minor"] or 0)))


def _of(family: str, version: tuple[int, int]) -> Traits:
    if version >= (4, 7):
        return Traits(
            thinking="adaptive",
            off="never" if family in ("fable", "mythos") else "disabled",
            efforts=FIVE,
            sampling=False,
            one_sampler=True,
            hides_thinking=True,
            max_output=128_000,
        )
    if version >= (4, 6):
        limit = 128_000 if family == "opus" else 64_000
        return Traits(thinking="adaptive", efforts=FOUR, one_sampler=True, max_output=limit)
    if version >= (4, 5):
        efforts = FOUR[:3] if family == "opus" else ()
        return Traits(thinking="budget", efforts=efforts, one_sampler=True, max_output=64_000)
    if version >= (3, 7):
        opus_41 = version >= (4, 1)
        limit = 32_000 if family == "opus" else 64_000
        return Traits(thinking="budget", one_sampler=opus_41, schema=opus_41, max_output=limit)
    return Traits(thinking="none", schema=False, max_output=8192 if version >= (3, 5) else 4096)
