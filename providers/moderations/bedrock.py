"""Amazon Bedrock's ApplyGuardrail: a guardrail of the account judges texts. The model asked for is the guardrail's id,
with a version behind a colon (``a1b2c3:2``); without one the provider's setting holds, else the draft.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from providers.canonical import HttpParts, Target
from providers.moderations.asking import parts, texts
from providers.moderations.base import Moderated, ModerationCall, ModerationReply
from providers.moderations.categories import known
from providers.moderations.reading import TEXT, complete, counted, decoded, unreadable
from providers.wires.openai.codec import mapping, string

LEVELS = {"NONE": 0.0, "LOW": 0.4, "MEDIUM": 0.7, "HIGH": 0.95}
DRAFT = "DRAFT"
# policy of an assessment → its lists of findings
POLICIES = {
    "contentPolicy": ("filters",),
    "topicPolicy": ("topics",),
    "wordPolicy": ("customWords", "managedWordLists"),
    "sensitiveInformationPolicy": ("piiEntities", "regexes"),
}


class BedrockModerations:
    name = "bedrock"

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        guardrail, version = _guardrail(target)
        place = f"/guardrail/{quote(guardrail, safe='')}/version/{quote(version, safe='')}/apply"
        source = "OUTPUT" if call.extra.get("source") == "OUTPUT" else "INPUT"
        return [
            parts(call, place, {"source": source, "outputScope": "FULL", "content": [{"text": {"text": text}}]})
            for text in texts(call, target)
        ]

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        results = []
        for body in bodies:
            whole = mapping(decoded(body))
            if whole.get("action") not in ("NONE", "GUARDRAIL_INTERVENED"):
                raise unreadable(body, target)
            results.append(_result(whole))
        return ModerationReply(model=target.model, results=counted(results, call, target))


def _guardrail(target: Target) -> tuple[str, str]:
    """Its id or ARN, and the version."""
    name, colon, version = target.model.rpartition(":")
    if colon and (version.isdigit() or version == DRAFT) and not (name.startswith("arn:") and "/" not in name):
        return name, version
    return target.model, target.settings.get("guardrail_version") or DRAFT


def _result(whole: Mapping[str, Any]) -> Moderated:
    scores: dict[str, float] = {}
    yes: dict[str, bool] = {}
    for name, score, blocked in _findings(whole.get("assessments")):
        scores[name] = max(scores.get(name, 0.0), score)
        yes[name] = yes.get(name, False) or blocked
    flagged = whole["action"] == "GUARDRAIL_INTERVENED"
    return complete(scores, yes, flagged=flagged, looked_at=dict.fromkeys(scores, TEXT))


def _findings(assessments: Any) -> Iterator[tuple[str, float, bool]]:
    """Category, score and whether the guardrail stepped in."""
    for assessment in assessments if isinstance(assessments, list) else ():
        for policy, lists in POLICIES.items():
            held = mapping(mapping(assessment).get(policy))
            for one in (mapping(one) for name in lists for one in held.get(name) or ()):
                acted = string(one.get("action")) not in ("", "NONE")
                label = string(one.get("type") if policy == "contentPolicy" else one.get("name")) or policy
                score = LEVELS.get(string(one.get("confidence")), 1.0 if acted else 0.0)
                yield known(label.lower() if policy == "contentPolicy" else label), score, acted


DIALECT = BedrockModerations()
