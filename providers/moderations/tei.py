"""Text Embeddings Inference's ``/predict``: any text classifier on a machine of one's own (a toxicity model), which has
labels of its own. One model is served, so none is named.

Source: https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/predict
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import HttpParts, Target
from providers.moderations.asking import parts, texts, where
from providers.moderations.base import Moderated, ModerationCall, ModerationReply
from providers.moderations.categories import HARMLESS, folded
from providers.moderations.reading import counted, decoded, is_score, moderated, unreadable
from providers.wires.openai.codec import mapping, string

MOST_INPUTS = 32  # --max-client-batch-size, unless it was started with another


class TeiModerations:
    name = "tei"

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        found, place = texts(call, target), where(target, "/predict")
        groups = [found[at : at + MOST_INPUTS] for at in range(0, len(found), MOST_INPUTS)]
        cut = {"truncate": call.extra["truncate"]} if isinstance(call.extra.get("truncate"), bool) else {}
        return [parts(call, place, {"inputs": [[one] for one in group], **cut}) for group in groups]

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        results: list[Moderated] = []
        for body in bodies:
            rows = _rows(decoded(body))
            if not rows or not all(rows):
                raise unreadable(body, target)
            results += [moderated(row) for row in rows]
        return ModerationReply(model=target.model, results=counted(results, call, target))


def _rows(found: Any) -> list[Mapping[str, float]]:
    """The scores of each input; of one input alone the labels may stand at the top."""
    if not isinstance(found, list):
        return []
    if found and all(isinstance(one, dict) for one in found):
        found = [found]
    return [_labels(one) for one in found]


def _labels(row: Any) -> dict[str, float]:
    """Of harm: what a label for harmless leaves over is kept where no other says more."""
    scores: dict[str, float] = {}
    for one in row if isinstance(row, list) else ():
        label, score = string(mapping(one).get("label")), mapping(one).get("score")
        if not label or not is_score(score):
            return {}
        if folded(label) in HARMLESS:
            scores.setdefault("unsafe", 0.0)
            if len(row) == 1:
                scores["unsafe"] = 1.0 - float(score or 0.0)
        else:
            scores[label] = float(score or 0.0)
    if len(scores) > 1:
        scores.pop("unsafe", None)
    return scores


DIALECT = TeiModerations()
