"""Cohere's usage, finish reasons and log probabilities ↔ canonical ones."""

from __future__ import annotations

from typing import Any

from providers.canonical import Finish, Usage
from providers.wires.openai.codec import mapping

_FINISHES = {
    "COMPLETE": Finish.STOP,
    "STOP_SEQUENCE": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "TOOL_CALL": Finish.TOOL_CALLS,
    "ERROR": Finish.ERROR,
    "TIMEOUT": Finish.ERROR,
    "ERROR_TOXIC": Finish.CONTENT_FILTER,  # v1, as are the next two
    "ERROR_LIMIT": Finish.LENGTH,
    "USER_CANCEL": Finish.STOP,
}
_WORDS = {
    Finish.LENGTH: "MAX_TOKENS",
    Finish.TOOL_CALLS: "TOOL_CALL",
    Finish.CONTENT_FILTER: "COMPLETE",
    Finish.ERROR: "ERROR",
}


def read_finish(word: Any, *, called: bool) -> Finish:
    found = _FINISHES.get(word.upper(), Finish.UNKNOWN) if isinstance(word, str) else Finish.UNKNOWN
    return Finish.TOOL_CALLS if called and found in (Finish.STOP, Finish.UNKNOWN) else found


def write_finish(finish: Finish | None, raw: str | None) -> str:
    return raw if raw in _FINISHES else _WORDS.get(finish or Finish.STOP, "COMPLETE")


def read_usage(given: Any) -> Usage | None:
    """``tokens`` is what the model read and wrote, with Cohere's own prompt; ``billed_units``, which its prices are
    for, leaves that out and rides along in ``extra``. Where only the billed ones came they stand for both."""
    usage = mapping(given)
    billed = mapping(usage.get("billed_units"))
    real = mapping(usage.get("tokens")) or billed
    if not any(name in real for name in ("input_tokens", "output_tokens")):
        return None
    read, written = _count(real.get("input_tokens")), _count(real.get("output_tokens"))
    extra: dict[str, Any] = {"billed_units": billed} if billed else {}
    extra |= {name: real[name] for name in ("image_tokens",) if name in real}
    return Usage(
        input=read,
        output=written,
        cached_input=min(_count(usage.get("cached_tokens")), read),
        reasoning=min(_count(real.get("reasoning_tokens")), written),
        extra=extra,
    )


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        return 0
    return int(value)  # v1 sends floats


def write_usage(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    counted = {"input_tokens": usage.input, "output_tokens": usage.output}
    billed = usage.extra.get("billed_units") or counted
    tokens = {**counted, **({"reasoning_tokens": usage.reasoning} if usage.reasoning else {})}
    return {"billed_units": billed, "tokens": tokens, "cached_tokens": usage.cached_input}


def read_logprobs(pieces: list[Any]) -> dict[str, Any]:
    """Cohere's pieces as they came, and in OpenAI's form: a piece of several units counts as one, its logarithms
    added up."""
    content = []
    for piece in map(mapping, pieces):
        text, found = piece.get("text"), piece.get("logprobs")
        if isinstance(text, str) and isinstance(found, list) and all(isinstance(one, int | float) for one in found):
            bytes_ = list(text.encode(errors="replace"))
            content.append({"token": text, "logprob": sum(found), "bytes": bytes_, "top_logprobs": []})
    return {"logprobs": {"content": content}, "cohere_logprobs": pieces} if pieces else {}
