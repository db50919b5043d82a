"""Ollama's counts and done reasons ↔ canonical ones, and its dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.canonical import Finish, Usage

METRICS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")  # nanoseconds
_FINISHES = {
    "stop": Finish.STOP,
    "load": Finish.STOP,  # an empty question: the model was loaded, or unloaded
    "unload": Finish.STOP,
    "length": Finish.LENGTH,
}
_WORDS = {Finish.LENGTH: "length"}


def read_usage(chunk: Mapping[str, Any]) -> Usage | None:
    """``None`` without ``prompt_eval_count``: older servers leave it out where the prompt was cached, so what the input
    was is not known. An ``eval_count`` that was left out is zero."""
    read, written = chunk.get("prompt_eval_count"), chunk.get("eval_count", 0)
    if not _is_count(read) or not _is_count(written):
        return None
    extra = {name: chunk[name] for name in METRICS if _is_count(chunk.get(name))}
    return Usage(input=read, output=written, extra=extra)  # type: ignore[arg-type]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def write_usage(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    durations = {name: usage.extra[name] for name in METRICS if name in usage.extra}
    return {**durations, "prompt_eval_count": usage.input, "eval_count": usage.output}


def read_finish(word: Any, *, called: bool) -> Finish:
    """A call ends with "stop" here; to an app it means that it must answer the call."""
    found = _FINISHES.get(word, Finish.UNKNOWN) if isinstance(word, str) else Finish.UNKNOWN
    return Finish.TOOL_CALLS if called and found in (Finish.STOP, Finish.UNKNOWN) else found


def write_finish(finish: Finish | None, raw: str | None) -> str:
    return raw if raw in _FINISHES else _WORDS.get(finish or Finish.STOP, "stop")


def read_time(text: Any) -> int | None:
    """Seconds since the epoch of an RFC 3339 date."""
    if not isinstance(text, str):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp()) or None
    except (ValueError, OverflowError):
        return None


def write_time(created: int | None) -> str:
    when = datetime.now(UTC) if created is None else datetime.fromtimestamp(created, UTC)
    return when.isoformat().replace("+00:00", "Z")
