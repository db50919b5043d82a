"""Mistral's moderations: texts at one address, conversations at another. It says yes and no by category, with no word
on the whole; four of its categories are subjects, not harm.

Source: https://docs.mistral.ai/capabilities/guardrailing/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import HttpParts, Target
from providers.moderations.asking import parts, texts, where
from providers.moderations.base import Item, Moderated, ModerationCall, ModerationReply
from providers.moderations.reading import counted, decoded, flags, moderated, numbers, unreadable, usage_of
from providers.wires.openai.codec import mapping, string

CHAT = "/chat/moderations"
ROLES = frozenset({"system", "user", "assistant", "tool"})


class MistralModerations:
    name = "mistral"

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        plain = texts(call, target)
        if any(item.messages for item in call.items):
            body: dict[str, Any] = {"model": target.model, "input": [_conversation(item) for item in call.items]}
            return (parts(call, CHAT, body),)
        return (parts(call, where(target), {"model": target.model, "input": plain}),)

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        whole = mapping(decoded(bodies[0]))
        rows = whole.get("results")
        results = [_result(mapping(row)) for row in rows] if isinstance(rows, list) else []
        if not results or None in results:
            raise unreadable(bodies[0], target)
        return ModerationReply(
            id=string(whole.get("id")),
            model=string(whole.get("model")) or target.model,
            results=counted([one for one in results if one is not None], call, target),
            usage=usage_of([whole]),
        )


def _conversation(item: Item) -> list[dict[str, str]]:
    """A text alone is what a user said."""
    said = item.messages or (("user", item.text),)
    return [{"role": role if role in ROLES else "user", "content": text} for role, text in said]


def _result(row: Mapping[str, Any]) -> Moderated | None:
    scores, said = numbers(row.get("category_scores")), flags(row.get("categories"))
    if not scores and not said:
        return None
    return moderated({**{name: float(one) for name, one in said.items()}, **scores}, said=said or None)


DIALECT = MistralModerations()
