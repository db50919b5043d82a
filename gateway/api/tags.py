"""The tags of a call: those of its API key, and those that ``x-switchboard-tags: team-a, checkout`` names."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.errors import BadRequest
from gateway.tags import MOST_TAGS, is_tag

HEADER = "HTTP_X_SWITCHBOARD_TAGS"


def read_tags(meta: Mapping[str, str], own: tuple[str, ...]) -> tuple[str, ...]:
    """``own``: the key's. Each once, the key's first. Raises ``BadRequest``."""
    said = meta.get(HEADER)
    if said is None:
        return own
    named = [one for part in said.split(",") if (one := part.strip())]
    if len(named) > MOST_TAGS or not all(map(is_tag, named)):
        raise BadRequest(
            f"The header x-switchboard-tags must be up to {MOST_TAGS} tags between commas, each of up to 60 letters, "
            "digits and - _ . : /",
            param="x-switchboard-tags",
        )
    return tuple(dict.fromkeys((*own, *named)))
