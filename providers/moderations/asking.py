"""What dialects share in writing requests: where to, texts only, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.moderations.base import ModerationCall
from providers.templates import path
from providers.wires.openai.codec import encode

UNSET = "/moderations"  # ``Vendor.moderations_path`` where the vendor's file says nothing


def where(target: Target, usual: str = UNSET) -> str:
    """The vendor's path; ``usual``, the dialect's, where its file names none."""
    template: str = target.vendor.moderations_path
    return path(usual if template == UNSET else template, target)


def texts(call: ModerationCall, target: Target) -> list[str]:
    """One text for each item. Raises ``UnsupportedFeature`` for images."""
    if any(item.images for item in call.items):
        raise UnsupportedFeature(f"{target.vendor.name} judges texts only, no images.", param="input")
    return [item.text for item in call.items]


def parts(call: ModerationCall, place: str, body: Mapping[str, Any]) -> HttpParts:
    """What the app said beside it and ``body`` does not hold is dropped."""
    lost = {name for name, value in call.extra.items() if value is not None} - set(body)
    return HttpParts(path=place, content=encode(body), dropped=tuple(sorted(lost)))
