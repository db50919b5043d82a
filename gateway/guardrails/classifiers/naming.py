"""Classifiers by the names that guardrails have for them: ``offline`` (the lexicon), ``moderation:<model>``,
``judge:<model>``."""

from __future__ import annotations

from gateway.guardrails.classifiers.asking import Asking
from gateway.guardrails.classifiers.base import Classifier
from gateway.guardrails.classifiers.here import MODEL, NAME
from gateway.guardrails.classifiers.judge import JudgeClassifier
from gateway.guardrails.classifiers.lexicon import OFFLINE
from gateway.guardrails.classifiers.moderation import ModerationClassifier

NAMES = frozenset({"offline", MODEL, f"moderation:{NAME}"})


def classifier(name: str, asking: Asking) -> Classifier:
    """Raises ``LookupError`` for a name that is none."""
    if name in NAMES:
        return OFFLINE
    kind, _, model = name.partition(":")
    if not model.strip():
        raise LookupError(name)
    if kind == "moderation":
        return ModerationClassifier(asking, model.strip())
    if kind == "judge":
        return JudgeClassifier(asking, model.strip())
    raise LookupError(name)


def asks_a_model(name: str) -> bool:
    """Whether the classifier of that name sends a call of its own, which may cost."""
    return name not in NAMES
