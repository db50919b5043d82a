"""The most output a call can have: what the app asked for, else what is assumed and then sent to the vendor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

NAMES = ("max_completion_tokens", "max_tokens")
UNREAD = ("max_output_tokens",)  # what some vendors ignore: the call has said something, and nothing holds it
TIMES = ("n", "best_of")
MOST_TIMES = 1000
MOST_UNITS = 2**40  # no answer comes near; what apps write for "endless" must not overflow the sums


class Output(NamedTuple):
    """``units`` of all choices together. ``sent``: what is to be sent to the vendor, a choice; 0 where the app said
    it."""

    units: int
    sent: int = 0


def output_of(
    body: Mapping[str, Any], parameters: Mapping[str, Any], *, route: int | None, most: int | None, assumed: int
) -> Output:
    """``parameters``: the target's defaults for what the app left out. ``route``: what its route assumes, ``most``: the
    model's own maximum; ``None`` where unknown. ``assumed``: of the spending settings."""
    times = _times(body)
    asked = max((_count(body.get(name)) for name in NAMES), default=0)
    if asked:
        return Output(asked * times)
    limit = assumed_output(route=route, most=most, assumed=assumed, thinking=_thinking(body))
    if any(body.get(name) is not None for name in (*NAMES, *UNREAD)):
        return Output(max(most or 0, limit) * times)  # 0, -1 or no number: for some vendors that is endless
    if own := _count(parameters.get("max_tokens")):
        return Output(own * times)
    return Output(limit * times, limit)


def assumed_output(*, route: int | None, most: int | None, assumed: int, thinking: int = 0) -> int:
    """Of a call that names no maximum: the route's, else the spending settings', never beyond what the model can.
    ``thinking``: units the app allows for that, which an answer comes after."""
    wanted = (route or assumed) + thinking
    return min(wanted, most) if most else wanted


def _times(body: Mapping[str, Any]) -> int:
    """How many answers are made."""
    times = max((_count(body.get(name)) for name in TIMES), default=1)
    prompts = body.get("prompt")
    several = len(prompts) if isinstance(prompts, list) and prompts and not isinstance(prompts[0], int) else 1
    return min(max(times, 1), MOST_TIMES) * several


def _thinking(body: Mapping[str, Any]) -> int:
    for name, limit in (("reasoning", "max_tokens"), ("thinking", "budget_tokens")):
        asked = body.get(name)
        if isinstance(asked, Mapping) and (units := _count(asked.get(limit))):
            return units
    return 0


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return 0
    return min(math.ceil(value), MOST_UNITS)
