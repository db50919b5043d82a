"""A moderation endpoint behind a provider, as a classifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.guardrails.classifiers.asking import Asking
from gateway.guardrails.classifiers.base import ClassifierFailed, Judgement, worst
from gateway.guardrails.classifiers.cutting import cut
from gateway.operations.moderations import Moderations
from providers.moderations.categories import TOPICS
from providers.moderations.reading import numbers
from providers.wires.openai.codec import decode, mapping

ENDPOINT = "guardrail.moderations"
PIECE = 2000  # characters: OpenAI advises no more, Zhipu takes no more
MOST_INPUTS = 32  # of one request
YES = 0.5  # how bad what a vendor flags is at least: below the usual threshold


class ModerationClassifier:
    def __init__(self, asking: Asking, model: str) -> None:
        self.asking = asking
        self.model = model

    async def judge(self, texts: Sequence[str]) -> Judgement:
        pieces = [piece for text in texts for piece in cut(text, PIECE)]
        said: list[Judgement] = []
        for at in range(0, len(pieces), MOST_INPUTS):
            operation = Moderations({"model": self.model, "input": pieces[at : at + MOST_INPUTS]}, endpoint=ENDPOINT)
            said += read_judgements(await self.asking.ask(operation))
        return worst(said)


def read_judgements(body: bytes) -> Iterable[Judgement]:
    """Of a reply in OpenAI's shape. Raises ``ClassifierFailed``."""
    rows = mapping(decode(body)).get("results")
    if not isinstance(rows, list) or not rows:
        raise ClassifierFailed("a moderation reply without results")
    return [_judgement(mapping(row)) for row in rows]


def _judgement(row: Mapping[str, Any]) -> Judgement:
    """Subjects (health, law) are no harm. A flag counts whatever the scores are: vendors have their own thresholds."""
    scores = {name: score for name, score in numbers(row.get("category_scores")).items() if name not in TOPICS}
    for name, yes in mapping(row.get("categories")).items():
        if yes is True and name not in TOPICS:
            scores[name] = max(scores.get(name, 0.0), YES)
    bad = max(scores.values(), default=0.0)
    if row.get("flagged") is True:
        bad = max(bad, YES)
    return Judgement(safety=1.0 - bad, categories={name: score for name, score in scores.items() if score > 0})
