"""What comes of a check: a verdict on the call's row, and, where the guardrail says so, the end of the call."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.errors import GuardrailBlocked, GuardrailFailed
from gateway.exchange import Verdict
from gateway.guardrails.classifiers.base import ClassifierFailed
from gateway.guardrails.compiled import Guard
from gateway.guardrails.detect.entities import Entity, Finding
from providers.errors import SwitchboardError

log = logging.getLogger("switchboard.guardrails")
T = TypeVar("T")
MOST_KINDS = 12  # named in one verdict


class Unusable(Exception):
    """The guardrail's settings cannot be used."""


class Tally:
    """What was found, by kind; never the text of it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        self._counts[kind_of(finding)] += 1

    def __bool__(self) -> bool:
        return bool(self._counts)

    @property
    def what(self) -> str:
        """As "email:2,phone:1"."""
        return ",".join(f"{kind}:{count}" for kind, count in self._counts.most_common(MOST_KINDS))

    @property
    def kinds(self) -> str:
        return ", ".join(kind for kind, _ in self._counts.most_common(MOST_KINDS))


def kind_of(finding: Finding) -> str:
    """The entity in small letters; of an own pattern its name."""
    own = finding.kind if finding.entity == Entity.OWN else ""
    return (own or str(finding.entity)).lower().replace(",", " ").replace(":", " ")


KNOWN: dict[type[Exception], str] = {
    Unusable: "settings",
    ClassifierFailed: "no_verdict",
    LookupError: "no_classifier",
    TimeoutError: "timeout",
}


def _why(error: Exception) -> str:
    """For the log row."""
    if isinstance(error, SwitchboardError):
        return error.code
    return KNOWN.get(type(error), "error")


class Desk:
    """Of one call, where its guardrails report. ``clock`` is in seconds."""

    def __init__(self, verdicts: list[Verdict], clock: Callable[[], float]) -> None:
        self.verdicts = verdicts
        self.clock = clock

    async def run(self, guard: Guard, on: str, check: Callable[[], Awaitable[T]]) -> T | None:
        """What ``check`` says; ``None`` where it failed and the call may go on. Raises ``GuardrailBlocked``, or
        ``GuardrailFailed`` where it may not."""
        began = self.clock()
        try:
            if guard.broken:
                raise Unusable
            async with asyncio.timeout(guard.timeout):
                return await check()
        except (GuardrailBlocked, GuardrailFailed):
            raise
        except Exception as error:
            self.failed(guard, on, error, began)
            return None

    def failed(self, guard: Guard, on: str, error: Exception, began: float) -> None:
        """Raises ``GuardrailFailed`` where the guardrail fails closed. What the error says may quote the text."""
        why = _why(error)
        log.warning("the guardrail %s failed on a %s (%s, %s)", guard.name, on, why, type(error).__name__)
        self._note(guard, on, began, action="failed", what=why)
        if guard.closed and not guard.shadow:
            raise self._failure(guard, on, "it took too long" if why == "timeout" else "its check failed")

    def _failure(self, guard: Guard, on: str, why: str) -> GuardrailFailed:
        failure = GuardrailFailed(f"The guardrail {guard.name!r} could not check this {on}: {why}.")
        failure.details = {"guardrail": guard.name, "kind": guard.kind, "on": on}
        return failure

    def passed(self, guard: Guard, on: str, *, why: str, what: str, began: float, score: float | None = None) -> None:
        """Something was found. ``why`` completes "it …" without the text. Raises ``GuardrailBlocked`` where the
        guardrail blocks."""
        self._note(guard, on, began, action=guard.action, what=what, score=score)
        if guard.blocks:
            raise blocked(guard, on, why)

    def unread(self, guard: Guard, on: str, *, began: float) -> None:
        """It holds what no check can read: a tokenizer's numbers. Raises ``GuardrailBlocked`` where it fails closed."""
        self._note(guard, on, began, action="failed", what="numbers")
        if guard.closed and not guard.shadow:
            raise blocked(guard, on, "holds a tokenizer's numbers, which it cannot read; send the text itself")

    def _note(self, guard: Guard, on: str, began: float, *, action: str, what: str, score: float | None = None) -> None:
        took = int((self.clock() - began) * 1e6)
        self.verdicts.append(
            Verdict(
                by=guard.name,
                kind=guard.kind,
                action=action,
                on=on,
                shadow=guard.shadow,
                what=what,
                score=score,
                us=took,
            )
        )


def blocked(guard: Guard, on: str, why: str) -> GuardrailBlocked:
    error = GuardrailBlocked(f"The guardrail {guard.name!r} refused this {on}: it {why}.")
    error.details = {"guardrail": guard.name, "kind": guard.kind, "on": on}
    return error
