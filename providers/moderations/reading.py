"""What dialects share in reading replies: decoding, the error of a 200, and verdicts in OpenAI's categories."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.canonical import Target, Usage
from providers.embeddings.reading import input_usage, refusal, summed
from providers.errors import UpstreamError, VendorGarbled
from providers.moderations.base import Moderated, ModerationCall
from providers.moderations.categories import OPENAI, TOPICS, known
from providers.wires.openai.codec import decode, mapping

TEXT = ("text",)
FLAGGED = 0.5  # the score from which a classifier without verdicts of its own says yes


def decoded(body: bytes) -> Any:
    """``None`` for what is no JSON."""
    try:
        return decode(body)
    except ValueError:
        return None


def unreadable(body: bytes, target: Target) -> UpstreamError:
    return refusal(body, target, what="a reply without verdicts")


def counted(results: Sequence[Moderated], call: ModerationCall, target: Target) -> tuple[Moderated, ...]:
    """``results`` if there is one for each item. Raises ``VendorGarbled``: no verdict may stand for another text."""
    if len(results) != len(call.items):
        raise VendorGarbled(
            f"{target.vendor.name} sent {len(results)} verdicts for {len(call.items)} inputs", vendor_status=200
        )
    return tuple(results)


def moderated(
    scores: Mapping[str, float], *, said: Mapping[str, bool] | None = None, flagged: bool | None = None
) -> Moderated:
    """A verdict from a vendor's ``scores`` (and its yes and no, where it ``said`` any), under its own words, in
    OpenAI's categories. Subjects as "health" are told and flag nothing."""
    told: dict[str, float] = {}
    yes: dict[str, bool] = {}
    for label, score in scores.items():
        name = known(label)
        told[name] = max(told.get(name, 0.0), score)
        yes[name] = yes.get(name, False) or (score >= FLAGGED if said is None else said.get(label, False))
    if flagged is None:
        flagged = any(one for name, one in yes.items() if name not in TOPICS)
    return complete(told, yes, flagged=flagged, looked_at=dict.fromkeys(told, TEXT))


def complete(
    scores: Mapping[str, float],
    categories: Mapping[str, bool],
    *,
    flagged: bool,
    looked_at: Mapping[str, Sequence[str]],
) -> Moderated:
    """With all of OpenAI's categories, which its clients read without asking; ``looked_at`` tells which were
    looked for."""
    return Moderated(
        flagged=flagged,
        categories={**dict.fromkeys(OPENAI, False), **categories},
        scores={**dict.fromkeys(OPENAI, 0.0), **scores},
        looked_at=looked_at,
    )


def numbers(given: Any) -> dict[str, float]:
    """The scores of an object; what is no number from 0 to 1 is left out."""
    return {name: float(one) for name, one in mapping(given).items() if is_score(one)}


def flags(given: Any) -> dict[str, bool]:
    return {name: one for name, one in mapping(given).items() if isinstance(one, bool)}


def is_score(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) and 0 <= one <= 1


def usage_of(wholes: Iterable[Any]) -> Usage | None:
    """Input that vendors count in OpenAI's words."""
    return summed(_one(mapping(mapping(whole).get("usage"))) for whole in wholes)


def _one(usage: Mapping[str, Any]) -> Usage | None:
    counts = (usage.get("prompt_tokens"), usage.get("input_tokens"), usage.get("total_tokens"))
    return next((found for count in counts if (found := input_usage(count)) is not None), None)
