"""One guardrail with a classifier, over the texts of one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.guardrails.classifiers.base import Classifier, Judgement
from gateway.guardrails.classifiers.lexicon import lexicon
from gateway.guardrails.compiled import Guard
from gateway.guardrails.deciding import Desk
from gateway.guardrails.values import Judging

OFFLINE = "offline"
TOXIC = frozenset({"harassment", "harassment/threatening", "hate", "hate/threatening"})

Classifiers = Callable[[str], Classifier]  # by the name in the settings; raises LookupError for one it does not have


def offline_only(name: str) -> Classifier:
    """Where no model can be asked. Raises ``LookupError`` for one that has to be."""
    if name != OFFLINE:
        raise LookupError(name)
    return lexicon()


async def judged(guard: Guard, classifiers: Classifiers, texts: Sequence[str]) -> tuple[float, tuple[str, ...]] | None:
    """The score and the categories that made it, where it is below the guardrail's threshold; ``None`` where the texts
    are safe. Raises what the classifier raises."""
    rules: Judging = guard.settings
    said = [text for text in texts if text.strip()]
    if not said:
        return None
    judgement = await classifiers(rules.classifier).judge(said)
    score = score_of(guard, judgement)
    if score >= rules.threshold:
        return None
    counted = _counted(guard)
    worst = sorted(
        (
            name
            for name, badness in judgement.categories.items()
            if 1 - badness < rules.threshold and _counts(name, counted)
        ),
        key=lambda name: -judgement.categories[name],
    )
    return score, tuple(worst[:5])


def score_of(guard: Guard, judgement: Judgement) -> float:
    """From 0 to 1, 1 is safe: by the categories that count, else the classifier's own sum."""
    counted = _counted(guard)
    named = [badness for name, badness in judgement.categories.items() if name in counted]
    if counted and (named or guard.settings.categories):
        return 1 - max(named, default=0.0)
    return judgement.safety


def _counted(guard: Guard) -> frozenset[str]:
    chosen: frozenset[str] = guard.settings.categories
    return chosen or (TOXIC if guard.kind == "toxicity" else chosen)


def _counts(name: str, counted: frozenset[str]) -> bool:
    return not counted or name in counted


def report(desk: Desk, guard: Guard, on: str, said: tuple[float, tuple[str, ...]], *, began: float) -> None:
    """Raises ``GuardrailBlocked`` where the guardrail blocks."""
    score, worst = said
    named = f" ({', '.join(worst)})" if worst else ""
    why = f"scores {score:.2f} for {guard.kind}, below {guard.settings.threshold:g}{named}"
    desk.passed(
        guard, on, why=why, what=",".join(f"{one}:1" for one in worst) or guard.kind + ":1", began=began, score=score
    )
