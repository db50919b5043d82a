"""Google's usage ↔ canonical Usage, and its finish reasons ↔ Finish.

Its ``candidatesTokenCount`` leaves out what was thought, ``promptTokenCount`` what tools of its own put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Finish, Usage
from providers.wires.gemini.codec import dicts, plain

FINISHES = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "SAFETY": Finish.CONTENT_FILTER,
    "RECITATION": Finish.CONTENT_FILTER,
    "BLOCKLIST": Finish.CONTENT_FILTER,
    "PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "SPII": Finish.CONTENT_FILTER,
    "MODEL_ARMOR": Finish.CONTENT_FILTER,
    "IMAGE_SAFETY": Finish.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "IMAGE_RECITATION": Finish.CONTENT_FILTER,
    "LANGUAGE": Finish.ERROR,
    "OTHER": Finish.ERROR,
    "MALFORMED_FUNCTION_CALL": Finish.ERROR,
    "UNEXPECTED_TOOL_CALL": Finish.ERROR,
    "TOO_MANY_TOOL_CALLS": Finish.ERROR,
    "MISSING_THOUGHT_SIGNATURE": Finish.ERROR,
    "MALFORMED_RESPONSE": Finish.ERROR,
    "IMAGE_OTHER": Finish.ERROR,
    "NO_IMAGE": Finish.ERROR,
}
WORDS = {
    Finish.LENGTH: "MAX_TOKENS",
    Finish.CONTENT_FILTER: "SAFETY",
    Finish.REFUSAL: "SAFETY",
    Finish.ERROR: "OTHER",
    Finish.UNKNOWN: "OTHER",
}
NUMBERED = ("", *list(FINISHES)[:4], "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL")
KEPT = ("serviceTier", "trafficType", "toolUsePromptTokenCount")


def finish_word(reason: Any) -> str:
    """The word for ``reason``, which some of Google's clients write as the number of the enum; "" for none."""
    if isinstance(reason, int) and not isinstance(reason, bool):
        return NUMBERED[reason] if 0 <= reason < len(NUMBERED) else "OTHER"
    return reason if isinstance(reason, str) and reason != "FINISH_REASON_UNSPECIFIED" else ""


def read_finish(word: str, *, called: bool) -> Finish:
    """``called``: the candidate holds tool calls, which Google ends with STOP."""
    finish = FINISHES.get(word, Finish.UNKNOWN)
    return Finish.TOOL_CALLS if called and finish is Finish.STOP else finish


def write_finish(finish: Finish | None, raw: str | None) -> str:
    return raw if raw in FINISHES else WORDS.get(finish or Finish.STOP, "STOP")


def read_usage(raw: Any) -> Usage | None:
    """``None`` where the vendor counted nothing."""
    found = plain(raw)
    prompt, made, thought, tools = (
        _count(found.get(name))
        for name in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")
    )
    if "promptTokenCount" not in found and not made + thought:
        return None
    # Some models on Vertex AI count thoughts in; the vendor's own sum tells.
    counted_in = thought > 0 and _count(found.get("totalTokenCount")) == prompt + tools + made
    return Usage(
        input=prompt + tools,
        output=made if counted_in else made + thought,
        cached_input=_count(found.get("cachedContentTokenCount")),
        reasoning=thought,
        input_audio=_audio(found.get("promptTokensDetails")) + _audio(found.get("toolUsePromptTokensDetails")),
        output_audio=_audio(found.get("candidatesTokensDetails")),
        extra={name: found[name] for name in KEPT if found.get(name) is not None},
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    tools = _count(usage.extra.get("toolUsePromptTokenCount"))
    written: dict[str, Any] = {
        "promptTokenCount": max(usage.input - tools, 0),
        "candidatesTokenCount": max(usage.output - usage.reasoning, 0),
        "totalTokenCount": usage.input + usage.output,
    }
    if usage.reasoning:
        written["thoughtsTokenCount"] = usage.reasoning
    if usage.cached_input:
        written["cachedContentTokenCount"] = usage.cached_input
    for name, audio in (("promptTokensDetails", usage.input_audio), ("candidatesTokensDetails", usage.output_audio)):
        if audio:
            written[name] = [{"modality": "AUDIO", "tokenCount": audio}]
    return written | {name: usage.extra[name] for name in KEPT if name in usage.extra}


def _audio(details: Any) -> int:
    return sum(_count(one.get("tokenCount")) for one in dicts(details) if one.get("modality") == "AUDIO")


def _count(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def merge_usage(before: Mapping[str, Any], now: Any) -> dict[str, Any]:
    """Raw usage of a stream so far: the figures are totals, the last ones count."""
    return {**before, **{name: value for name, value in plain(now).items() if value is not None}}
