"""Expected against received: a list of differences in words, empty where all is right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from providers.canonical import Choice, Reasoning, Refusal, Reply, Text, ToolCall, Usage
from providers.wires.base import fold
from tests.recorded.expected import Counted, Expected, Said, Tool

FINISHES = {
    "stop": {"stop", "end_turn", "STOP", "COMPLETE", "stop_sequence", "STOP_SEQUENCE", "eos", "completed", "done"},
    "length": {"length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_context_window_exceeded"},
    "tool_calls": {"tool_calls", "tool_use", "TOOL_CALL", "function_call", "tool_call"},
    "content_filter": {"content_filter", "SAFETY", "BLOCKED", "guardrail_intervened", "MODEL_ARMOR", "RECITATION"}
    | {"PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "IMAGE_SAFETY", "content_filtered"},
    "refusal": {"refusal"},
    "pause": {"pause_turn"},
}
__all__ = ["differences", "fold", "received", "right_finishes"]


def right_finishes(said: Said) -> set[str]:
    """The finish reasons (OpenAI's words, and ours for what it has none for) an app may be given; empty: any."""
    found = {name for name, words in FINISHES.items() if said.finish in words}
    if "stop" in found and said.tools:
        found.add("tool_calls")  # Gemini, Ollama and a forced function of OpenAI end with their word for "stop"
    if said.refusal or found & {"refusal", "content_filter", "pause"}:
        found |= {"stop", "content_filter", "refusal"}
    return found


def received(reply: Reply) -> Expected:
    """A canonical reply in the plain values of an expectation."""
    usage = _counted(reply.usage) if reply.usage else None
    return Expected(choices={choice.index: _said(choice) for choice in reply.choices}, usage=usage)


def _said(choice: Choice) -> Said:
    said = Said(finish=choice.finish.value if choice.finish else None)
    for part in choice.parts:
        match part:
            case Text():
                said.text += part.text
            case Reasoning():
                said.reasoning += part.text
            case Refusal():
                said.refusal += part.text
            case ToolCall() if part.kind != "server":
                said.tools.append(Tool(part.id, part.name, part.arguments))
    return said


def _counted(usage: Usage) -> Counted:
    return Counted(usage.input, usage.output, usage.cached_input, usage.reasoning)


def differences(expected: Expected, got: Expected) -> Iterator[str]:
    """``got`` has finish reasons in OpenAI's words or ours."""
    for index, wanted in expected.choices.items():
        said = got.choices.get(index)
        if said is None:
            if wanted != Said() and wanted.finish is not None:
                yield f"choice {index} is missing"
            continue
        yield from _different(wanted, said)
    if extra := {index for index, said in got.choices.items() if said.text or said.tools} - expected.choices.keys():
        yield f"choices that were not sent: {sorted(extra)}"
    yield from _usage(expected.usage, got.usage)


def _different(wanted: Said, said: Said) -> Iterator[str]:
    if wanted.text != said.text:
        yield f"text {_short(said.text)} instead of {_short(wanted.text)}"
    if _squeezed(wanted.reasoning) != _squeezed(said.reasoning):
        yield f"reasoning {_short(said.reasoning)} instead of {_short(wanted.reasoning)}"
    if wanted.refusal != said.refusal:
        yield f"refusal {_short(said.refusal)} instead of {_short(wanted.refusal)}"
    if [tool.meaning for tool in wanted.tools] != [tool.meaning for tool in said.tools]:
        yield f"tool calls {[tool.meaning for tool in said.tools]} instead of {[tool.meaning for tool in wanted.tools]}"
    ids = [tool.id for tool in said.tools]
    if any(not id for id in ids) or len(set(ids)) != len(ids):
        yield f"tool call ids {ids}"
    finishes = right_finishes(wanted)
    if finishes and said.finish not in finishes:
        yield f"finish {said.finish!r} for {wanted.finish!r}"


def _usage(wanted: Counted | None, got: Counted | None) -> Iterator[str]:
    if wanted is None or got is None:
        if wanted is not None:
            yield f"no usage instead of {wanted}"
        return
    for name in ("input", "output", "cached", "reasoning"):
        one, other = getattr(wanted, name), getattr(got, name)
        if one is not None and one != other:
            yield f"usage {name} {other} instead of {one}"


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _short(text: str) -> str:
    return repr(text) if len(text) <= 120 else f"{text[:60]!r}…{text[-50:]!r} ({len(text)})"
