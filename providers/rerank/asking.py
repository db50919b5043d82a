"""What dialects share in writing requests: where to, which fields go on, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import HttpParts, Target
from providers.rerank.base import RerankCall
from providers.templates import fill, path, segments
from providers.wires.openai.codec import encode

UNSET = "/rerank"  # ``Vendor.rerank_path`` where the vendor's file says nothing


def where(target: Target, usual: str = UNSET, *, model: str | None = None) -> str:
    """The vendor's path; ``usual``, the dialect's, where its file names none. ``model``: the model's id as the address
    has it, with slashes of its own."""
    template: str = target.vendor.rerank_path
    template = usual if template == UNSET else template
    if model is None:
        return path(template, target)
    return fill(template.replace("{model}", segments(model)), target.settings)


def passed(call: RerankCall, target: Target, **fields: Any) -> HttpParts:
    """For a vendor that takes the app's own fields too: all but those it is known to refuse."""
    drop: frozenset[str] = target.vendor.quirks.drop
    body = {**call.extra, **{name: value for name, value in fields.items() if value is not None}}
    lost = sorted(name for name in drop & body.keys() if body[name] is not None)
    kept = {name: value for name, value in body.items() if name not in drop}
    return HttpParts(path=where(target), content=encode(kept), dropped=tuple(lost))


def translated(call: RerankCall, place: str, body: Mapping[str, Any], *also: str) -> HttpParts:
    """For a vendor with a shape of its own. What the app said beside it and neither ``body`` nor ``also`` names is
    dropped."""
    lost = {name for name, value in call.extra.items() if value is not None} - set(body) - set(also)
    return HttpParts(path=place, content=encode(body), dropped=tuple(sorted(lost)))


def taken(call: RerankCall, *names: str) -> dict[str, Any]:
    return {name: call.extra[name] for name in names if call.extra.get(name) is not None}
