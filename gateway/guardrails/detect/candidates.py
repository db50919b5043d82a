"""What every detector is given: one short stretch of plain text, and the words in it that speak of what follows."""

from __future__ import annotations

from typing import NamedTuple

from gateway.guardrails.detect.context import Hint, labels_at, nearest_labels


class Stretch(NamedTuple):
    """A piece of plain text that may hold findings. Nothing outside it matters for what is found in it."""

    text: str
    hints: list[Hint]

    def labels(self, place: int) -> frozenset[str]:
        return labels_at(self.hints, self.text, place) if self.hints else frozenset()

    def nearest(self, place: int) -> frozenset[str]:
        return nearest_labels(self.hints, place) if self.hints else frozenset()
