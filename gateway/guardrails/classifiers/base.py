"""What a classifier is: texts in, one judgement on them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``safety`` is from 0 to 1, where 1 is safe; ``categories`` say how bad a text is, from 0 to 1, by OpenAI's names
    (``providers.moderations.categories``) where there is one."""

    safety: float
    categories: Mapping[str, float] = field(default_factory=dict)


SAFE = Judgement(safety=1.0)


class Classifier(Protocol):
    async def judge(self, texts: Sequence[str]) -> Judgement:
        """The worst of what is said of the texts. Raises ``ClassifierFailed``, or what refused or failed the call."""
        ...


class ClassifierFailed(Exception):
    """No judgement came of it, for a reason that is told without the text."""


def worst(judgements: Iterable[Judgement]) -> Judgement:
    safety, categories = 1.0, dict[str, float]()
    for one in judgements:
        safety = min(safety, one.safety)
        for name, badness in one.categories.items():
            categories[name] = max(categories.get(name, 0.0), badness)
    return Judgement(safety=safety, categories=categories)
