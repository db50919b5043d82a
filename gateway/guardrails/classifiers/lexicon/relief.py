"""When words are talked about and not meant: denied, told of others, quoted, taught, treated, prevented, or played.

What relieves what is decided here, by category. Nothing relieves the wish to harm a child or to be told how a weapon is
made but words of those who prevent it, and not where the sentence also asks how not to be caught.
"""

from __future__ import annotations

from collections.abc import Mapping

# category → how much of a finding's weight is left where words of a kind stand near it
_SPOKEN = {"telling": 0.3, "teaching": 0.35, "helping": 0.4, "playing": 0.3}
_ILLICIT = {"preventing": 0.25}
FACTORS: Mapping[str, Mapping[str, float]] = {
    "harassment": {"telling": 0.3, "teaching": 0.3, "helping": 0.4},
    "harassment/threatening": _SPOKEN,
    "hate": {"telling": 0.3, "teaching": 0.3, "helping": 0.4},
    "hate/threatening": {"telling": 0.3, "teaching": 0.3},
    "violence": _SPOKEN,
    "self-harm": {"telling": 0.3, "teaching": 0.25, "helping": 0.25},
    "self-harm/intent": {"telling": 0.35, "teaching": 0.35},
    "self-harm/instructions": {"preventing": 0.3},
    "sexual": {"teaching": 0.4, "helping": 0.4},
    "sexual/minors": {"preventing": 0.25},
    "illicit": _ILLICIT,
    "illicit/violent": _ILLICIT,
}
DENIED = 0.2
NEAR = 5  # words before a finding in which a "not" counts
QUOTED = 0.5  # of something in quotation marks that nobody is said to have said


def factor(category: str, kinds: frozenset[str], *, denied: bool, quoted: bool) -> float:
    """What is left of a finding: 1 for all of it."""
    left = DENIED if denied else 1.0
    if "hiding" in kinds:
        return left
    known = FACTORS.get(category, {})
    left *= min((known[kind] for kind in kinds if kind in known), default=1.0)
    if quoted and "telling" in known:
        left *= QUOTED
    return left
