"""One reader for all: results under whichever name, scores under whichever name, usage in whichever words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from providers.canonical import Target, Usage
from providers.embeddings.reading import input_usage, refusal
from providers.errors import VendorGarbled
from providers.rerank.base import Ranked, RerankCall, RerankReply
from providers.wires.openai.codec import decode, mapping, string

_LISTS = ("results", "data", "rankings", "records")
_INDEXES = ("index", "id")
_SCORES = ("relevance_score", "score", "logit")
_READ = frozenset({*_LISTS, "scores", "output", "id", "model", "usage", "object"})


def read(body: bytes, call: RerankCall, target: Target) -> RerankReply:
    """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
    try:
        found = decode(body)
    except ValueError:
        found = None
    results = _results(found)
    if results is None or mapping(found).get("error"):
        raise refusal(body, target, what="a reply without a ranking")
    whole = mapping(found)
    return RerankReply(
        model=string(whole.get("model")) or target.model,
        results=ranked(results, call, target),
        usage=_usage(whole),
        searches=_searches(whole),
        id=string(whole.get("id")),
        extra={name: value for name, value in whole.items() if name not in _READ},
    )


def _results(found: Any) -> list[Any] | None:
    """A list of objects; of bare ``scores`` one a document, in the call's order (DeepInfra)."""
    if isinstance(found, list):
        return found
    whole = mapping(found)
    nested = mapping(whole.get("output"))  # DashScope
    lists = (one[name] for one in (whole, nested) for name in _LISTS if isinstance(one.get(name), list))
    scores = whole.get("scores")
    if isinstance(scores, list):
        return [{"index": index, "score": score} for index, score in enumerate(scores)]
    return next(lists, None)


def ranked(results: Sequence[Any], call: RerankCall, target: Target) -> tuple[Ranked, ...]:
    """Best first and cut to ``top_n``. Raises ``VendorGarbled`` for a document twice, unknown or without a score."""
    read = [_ranked(mapping(one)) for one in results]
    known = [one for one in read if one is not None and one.index < len(call.documents)]
    if not known or len(known) != len(read) or len({one.index for one in known}) != len(known):
        raise VendorGarbled(f"{target.vendor.name} sent a ranking that does not fit the documents", vendor_status=200)
    return tuple(sorted(known, key=lambda one: -one.score)[: call.top_n])


def _ranked(result: Mapping[str, Any]) -> Ranked | None:
    index = next((result[name] for name in _INDEXES if result.get(name) is not None), None)
    score = next((result[name] for name in _SCORES if result.get(name) is not None), None)
    if isinstance(index, str) and index.isascii() and index.isdigit():
        index = int(index[:9])
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        return None
    if not isinstance(score, int | float) or isinstance(score, bool) or not math.isfinite(score):
        return None
    return Ranked(index=index, score=score)


def _usage(whole: Mapping[str, Any]) -> Usage | None:
    """``usage`` (OpenAI, Jina, Voyage), ``meta`` (Cohere, SiliconFlow, LiteLLM), or a count at the top (watsonx)."""
    usage, meta = mapping(whole.get("usage")), mapping(whole.get("meta"))
    tokens, billed = mapping(meta.get("tokens")), mapping(meta.get("billed_units"))
    counts = (
        usage.get("prompt_tokens"),
        usage.get("input_tokens"),
        usage.get("total_tokens"),
        tokens.get("input_tokens"),
        billed.get("input_tokens"),
        billed.get("total_tokens"),
        whole.get("input_token_count"),
        whole.get("input_tokens"),
    )
    return next((found for count in counts if (found := input_usage(count)) is not None), None)


def _searches(whole: Mapping[str, Any]) -> int | None:
    billed = mapping(mapping(whole.get("meta")).get("billed_units"))
    units = input_usage(billed.get("search_units", mapping(whole.get("usage")).get("search_units")))
    return units.input if units else None
