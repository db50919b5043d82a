"""What settings become, for the kinds of guardrail that need no code of their own."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """``classifier``: "offline", "moderation:<model>" or "judge:<model>". A text whose score is below ``threshold``
    (0 to 1, 1 is safe) is unsafe. ``categories``: those that count; empty for the classifier's own sum."""

    classifier: str = "offline"
    threshold: float = 0.7
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRules:
    """``None``: any. ``units`` are estimated input units."""

    units: int | None = None
    bytes: int | None = None
    messages: int | None = None

    def passed(self, *, units: int, bytes: int, messages: int) -> tuple[str, ...]:
        """Which of them the call passes: "input", "bytes", "messages"."""
        measured = (("input", units, self.units), ("bytes", bytes, self.bytes), ("messages", messages, self.messages))
        return tuple(name for name, has, most in measured if most is not None and has > most)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRules:
    """``allowed``: names and patterns, as gpt-4o*."""

    allowed: tuple[str, ...] = ()

    def allow(self, model: str) -> bool:
        return any(fnmatchcase(model, pattern) for pattern in self.allowed)
