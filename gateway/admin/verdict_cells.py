"""Verdicts of guardrails and budgets in words: who spoke, what was done, kinds and counts; never what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.safestring import SafeString

from gateway.models import Guardrail
from providers.admin import cells

KINDS = {**dict(Guardrail.Kind.choices), "budget": "Budget"}
SHORT_KINDS = {
    "pii": "personal data",
    "words": "words",
    "patterns": "patterns",
    "safety": "safety",
    "toxicity": "toxicity",
    "size": "size",
    "models": "models",
    "schema": "schema",
    "budget": "budget",
}
DID: dict[str, tuple[str, str, cells.Tone]] = {
    "block": ("blocked", "would have blocked", "red"),
    "refuse": ("refused", "would have refused", "red"),
    "redact": ("redacted", "would have redacted", "blue"),
    "restore": ("redacted, restored", "would have redacted", "blue"),
    "log": ("noted", "noted", "grey"),
    "failed": ("failed", "failed", "red"),
}


class VerdictLine(NamedTuple):
    by: str
    url: str
    kind: str
    on: str
    did: SafeString
    what: SafeString | str
    score: str
    took: str


def line(verdict: Mapping[str, Any], *, url: str = "") -> VerdictLine:
    """Of a verdict by the names of its fields; what is missing is as ``gateway.exchange.Verdict`` has it."""
    score, us = verdict.get("score"), verdict.get("us")
    return VerdictLine(
        by=_text(verdict, "by"),
        url=url,
        kind=KINDS.get(_text(verdict, "kind"), _text(verdict, "kind")),
        on=_text(verdict, "on") or "request",
        did=did(verdict),
        what=what(_text(verdict, "what")),
        score=f"{score:.2f}" if isinstance(score, int | float) else "",
        took=cells.microseconds(us) if isinstance(us, int) and us > 0 else "",
    )


def did(verdict: Mapping[str, Any]) -> SafeString:
    action = _text(verdict, "action")
    acted, shadow, tone = DID.get(action, (action, action, "grey"))
    if verdict.get("shadow") and action not in ("log", "failed"):
        return cells.chip(shadow, "yellow", title="In shadow: it was only noted")
    return cells.chip(acted, tone)


def what(text: str) -> SafeString | str:
    """``email:2,phone:1`` as a chip each."""
    parts = [one.strip() for one in text.split(",") if one.strip()]
    return cells.chips([(_counted(one), "grey") for one in parts]) if parts else ""


def _counted(part: str) -> str:
    kind, _, count = part.rpartition(":")
    if not kind or not count.isdecimal():
        return part.replace("_", " ")
    return f"{kind.replace('_', ' ')} ×{count}" if count != "1" else kind.replace("_", " ")


def words(verdicts: Iterable[Mapping[str, Any]]) -> str:
    """``no-pii: redacted``, for a list's title."""
    return "; ".join(f"{_text(one, 'by')}: {_text(one, 'action')} {_text(one, 'what')}".strip() for one in verdicts)


def _text(verdict: Mapping[str, Any], name: str) -> str:
    found = verdict.get(name)
    return found if isinstance(found, str) else ""
