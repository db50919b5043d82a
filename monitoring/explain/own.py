"""The story of a plan (``gateway.routing.story``) as members of teams and keys of a team may know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.routing.compiled import OTHER_TEAM


def own(story: Any) -> Any:
    """Without what tells of other teams: what was measured of everybody's calls, what a breaker opened for (it may
    quote another app's request), and targets that are for another team."""
    if not isinstance(story, dict):
        return story
    told = [{name: value for name, value in one.items() if name != "measured"} for one in _rows(story, "targets")]
    dropped = [
        {**one, "reason": ""} if one.get("code") == "breaker" else one
        for one in _rows(story, "dropped")
        if one.get("reason") != OTHER_TEAM
    ]
    return {**story, "targets": told, "dropped": dropped}


def _rows(story: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    found = story.get(name)
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())
