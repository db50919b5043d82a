"""OpenAI's moderations: texts, or one text with images. Its verdicts are passed on as they are.

Source: https://platform.openai.com/docs/api-reference/moderations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.moderations.asking import where
from providers.moderations.base import Item, Moderated, ModerationCall, ModerationReply
from providers.moderations.reading import TEXT, complete, counted, decoded, flags, numbers, unreadable, usage_of
from providers.wires.openai.codec import encode, mapping, string

_READ = frozenset({"id", "model", "results", "usage"})


class OpenAIModerations:
    name = "openai"

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        drop: frozenset[str] = target.vendor.quirks.drop
        kept = {name: value for name, value in call.extra.items() if name not in drop}
        body = {**kept, "model": target.model, "input": _input(call, target)}
        lost = sorted(name for name in drop & call.extra.keys() if call.extra[name] is not None)
        return (HttpParts(path=where(target), content=encode(body), dropped=tuple(lost)),)

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        found = decoded(bodies[0])
        whole = mapping(found)
        rows = whole.get("results")
        results = [_result(mapping(row)) for row in rows] if isinstance(rows, list) else []
        if not results or None in results or whole.get("error"):
            raise unreadable(bodies[0], target)
        return ModerationReply(
            id=string(whole.get("id")),
            model=string(whole.get("model")) or target.model,
            results=counted([one for one in results if one is not None], call, target),
            usage=usage_of([whole]),
            extra={name: value for name, value in whole.items() if name not in _READ},
        )


def _input(call: ModerationCall, target: Target) -> Any:
    if any(item.images for item in call.items):
        if len(call.items) > 1:
            raise UnsupportedFeature(f"{target.vendor.name} judges one input with images at once.", param="input")
        return _parts(call.items[0])
    if call.bare:
        return call.items[0].text
    return [item.text for item in call.items]


def _parts(item: Item) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = [{"type": "text", "text": text} for text in item.texts]
    return [*written, *({"type": "image_url", "image_url": {"url": url}} for url in item.images)]


def _result(row: Mapping[str, Any]) -> Moderated | None:
    """``None`` for one that says nothing."""
    scores, categories = numbers(row.get("category_scores")), flags(row.get("categories"))
    flagged = row.get("flagged")
    if not isinstance(flagged, bool):
        flagged = any(categories.values()) if categories else None
    if flagged is None:
        return None
    looked_at = mapping(row.get("category_applied_input_types")) or dict.fromkeys({**categories, **scores}, TEXT)
    return complete(scores, categories, flagged=flagged, looked_at=looked_at)


DIALECT = OpenAIModerations()
