"""What a candidate tells beside its parts, in the shape OpenAI's clients know: citations and log probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.wires.gemini.codec import dicts, plain


def url_citations(candidate: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    """``url_citation`` annotations of the visible ``text``. Google counts places in bytes of UTF-8, OpenAI in
    characters."""
    grounding = plain(candidate.get("groundingMetadata"))
    sources = [_source(chunk) for chunk in dicts(grounding.get("groundingChunks"))]
    found = []
    for support in dicts(grounding.get("groundingSupports")):
        indices = support.get("groundingChunkIndices")
        start, end = _place(plain(support.get("segment")), text)
        for index in indices if isinstance(indices, list) else ():
            if isinstance(index, int) and 0 <= index < len(sources) and sources[index].get("url"):
                found.append(_citation({**sources[index], "start_index": start, "end_index": end}))
    for citation in dicts(plain(candidate.get("citationMetadata")).get("citations")):
        if isinstance(citation.get("uri"), str):
            start, end = _place(citation, text)
            title = str(citation.get("title") or "")
            found.append(_citation({"url": citation["uri"], "title": title, "start_index": start, "end_index": end}))
    return found


def _citation(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": fields}


def _source(chunk: Mapping[str, Any]) -> dict[str, Any]:
    """Of a page, a document of one's own, or a place on the map."""
    source = plain(next(iter(chunk.values()), None))
    url = source.get("uri") or source.get("sourceUri")
    return {"url": url, "title": str(source.get("title") or "")} if isinstance(url, str) else {}


def _place(segment: Mapping[str, Any], text: str) -> tuple[int, int]:
    quoted = segment.get("text")
    data = text.encode(errors="replace")
    start, end = (_offset(segment.get(name), data) for name in ("startIndex", "endIndex"))
    if isinstance(quoted, str) and text[start:end] != quoted and (at := text.find(quoted)) >= 0:
        return at, at + len(quoted)  # the place is counted from the beginning of a later part
    return start, end


def _offset(value: Any, data: bytes) -> int:
    return len(data[:value].decode(errors="ignore")) if isinstance(value, int) and value > 0 else 0


def logprobs(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``logprobsResult`` as the ``content`` of OpenAI's ``logprobs``."""
    tops = dicts(result.get("topCandidates"))
    content = []
    for place, chosen in enumerate(dicts(result.get("chosenCandidates"))):
        others = dicts(tops[place].get("candidates")) if place < len(tops) else []
        content.append({**_probability(chosen), "top_logprobs": [_probability(other) for other in others]})
    return content


def _probability(candidate: Mapping[str, Any]) -> dict[str, Any]:
    word = candidate.get("token")
    word = word if isinstance(word, str) else ""
    value = candidate.get("logProbability", 0.0)
    return {"token": word, "logprob": value, "bytes": list(word.encode(errors="replace"))}
