"""Zhipu's content safety: one text (with images) a request, answered by a level of risk and words for it, no scores.

Source: https://docs.bigmodel.cn/api-reference (content safety, ``POST /paas/v4/moderations``)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.moderations.asking import parts, where
from providers.moderations.base import Item, Moderated, ModerationCall, ModerationReply
from providers.moderations.reading import complete, counted, decoded, unreadable
from providers.wires.openai.codec import mapping, string

MOST_CHARACTERS = 2000  # of one text
LEVELS = {"PASS": 0.0, "REVIEW": 0.5, "BLOCK": 0.8, "REJECT": 0.9, "HIGH": 1.0}
RISK = "risk"  # the level, whatever it is for
WORDS = {"涉黄": "sexual", "色情": "sexual", "涉暴": "violence", "暴恐": "violence", "辱骂": "harassment"}


class ZhipuModerations:
    name = "zhipu"

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        place = where(target)
        return [parts(call, place, {"model": target.model, "input": _input(item, target)}) for item in call.items]

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        results, first = [], ""
        for body in bodies:
            whole = mapping(decoded(body))
            rows = whole.get("result_list")
            if not isinstance(rows, list) or not rows or not all(_level(row) is not None for row in rows):
                raise unreadable(body, target)
            first = first or string(whole.get("id"))
            results.append(_result([mapping(row) for row in rows]))
        return ModerationReply(id=first, model=target.model, results=counted(results, call, target))


def _input(item: Item, target: Target) -> Any:
    """Raises ``UnsupportedFeature``: a text that was cut would be judged by its beginning."""
    if len(item.text) > MOST_CHARACTERS:
        raise UnsupportedFeature(
            f"{target.vendor.name} judges texts of up to {MOST_CHARACTERS} characters.", param="input"
        )
    if not item.images:
        return item.text
    images = [{"type": "image_url", "image_url": {"url": url}} for url in item.images]
    return [*([{"type": "text", "text": item.text}] if item.text else []), *images]


def _level(row: Any) -> float | None:
    return LEVELS.get(string(mapping(row).get("risk_level")).upper())


def _result(rows: Sequence[Mapping[str, Any]]) -> Moderated:
    scores: dict[str, float] = {RISK: 0.0}
    for row in rows:
        level = _level(row) or 0.0
        scores[RISK] = max(scores[RISK], level)
        words = row.get("risk_type")
        for word in words if level and isinstance(words, list) else ():
            name = WORDS.get(string(word), string(word))
            if name:
                scores[name] = max(scores.get(name, 0.0), level)
    kinds = sorted({string(row.get("content_type")) or "text" for row in rows})
    return complete(
        scores,
        {name: score >= LEVELS["BLOCK"] for name, score in scores.items()},
        flagged=scores[RISK] >= LEVELS["BLOCK"],
        looked_at=dict.fromkeys(scores, kinds),
    )


DIALECT = ZhipuModerations()
