"""What a request's page tells: its times drawn to scale, its usage, its attempts, and stored content when opened."""

from __future__ import annotations

import json
from typing import Any

from django.utils.safestring import SafeString

from gateway.exchange import Attempt
from monitoring.models import RequestContent, RequestLog
from providers.admin import cells
from providers.crypto import WrongKey, decrypt

BASES = {
    "vendor": "as the vendor counted",
    "counted": "counted here",
    "estimated": "estimated here",
    "hold": "as reserved, the end is unknown",
    "none": "not known",
}


def tone_of(row: RequestLog) -> cells.Tone:
    if row.ended_by == RequestLog.EndedBy.INTERRUPTED or row.status >= 500:
        return "red"
    if row.ended_by == RequestLog.EndedBy.CANCELLED:
        return "grey"
    return "yellow" if row.status >= 400 else "red" if row.ended_by == RequestLog.EndedBy.FAILED else "green"


def status_chip(row: RequestLog) -> SafeString:
    """Status and, where it is not simply done, how it ended."""
    words = [str(row.status)] if row.status else []
    if row.ended_by in {RequestLog.EndedBy.CANCELLED, RequestLog.EndedBy.INTERRUPTED}:
        words.append(row.ended_by)
    elif row.error_code:
        words.append(row.error_code)
    return cells.chip(" ".join(words) or row.ended_by, tone_of(row), title=row.error_message[:300])


def story(row: RequestLog) -> dict[str, Any]:
    """The template's context."""
    return {
        "facts": _facts(row),
        "usage": _usage(row),
        "usage_basis": BASES.get(row.usage_basis, row.usage_basis),
        "attempts": [_attempt(_by_name(one), row) for one in row.attempts],
        "latency": cells.microseconds(row.latency_us),
        "first_byte": cells.microseconds(row.first_byte_us) if row.first_byte_us else "",
        "first_byte_at": _share(row.first_byte_us, row.latency_us) if row.first_byte_us else None,
        "dropped": [one for one in row.dropped.split(",") if one],
    }


def _facts(row: RequestLog) -> list[tuple[str, object]]:
    shown: list[tuple[str, object]] = [
        ("Started", f"{row.started_at:%Y-%m-%d %H:%M:%S.%f} UTC"),
        ("Request id", row.request_id),
        ("Log id", row.pk),
        ("API key", row.api_key),
        ("Team", row.team),
        ("Endpoint", row.endpoint),
        ("Asked for", row.requested_model),
        ("Answered by", f"{row.provider} · {row.model}" if row.provider else ""),
        ("Vendor, wire", " · ".join(one for one in (row.vendor, row.wire) if one)),
        ("Token", cells.code(row.token) if row.token else ""),
        ("Mode", "streamed" if row.stream else "whole"),
        ("Ended", f"{row.get_ended_by_display()}{f', {row.finish}' if row.finish else ''}"),
    ]
    return [(name, value) for name, value in shown if value]


def _usage(row: RequestLog) -> list[tuple[str, str, str]]:
    """Name, count and share of its whole for each kind of usage that occurred."""
    rows = [("Input", row.input, ""), ("of it cached", row.cached_input, _percent(row.cached_input, row.input))]
    rows += [("of it written to the cache", row.cache_write_input, _percent(row.cache_write_input, row.input))]
    rows += [("Output", row.output, ""), ("of it reasoning", row.reasoning, _percent(row.reasoning, row.output))]
    return [(name, f"{count:,}", share) for name, count, share in rows if count or name in {"Input", "Output"}]


def _by_name(attempt: Any) -> dict[str, Any]:
    """An attempt as stored, by name or, as the journal writes it, in the order of its fields."""
    return attempt if isinstance(attempt, dict) else dict(zip(Attempt.__struct_fields__, attempt, strict=False))


def _attempt(attempt: dict[str, Any], row: RequestLog) -> dict[str, Any]:
    started, duration = int(attempt.get("started_us") or 0), int(attempt.get("duration_us") or 0)
    error = str(attempt.get("error") or "")
    left = min(_share(started, row.latency_us), 99.0)
    return {
        **attempt,
        "left": left,
        "width": max(min(_share(duration, row.latency_us), 100 - left), 0.6),
        "tone": "red" if error else "green",
        "started": cells.microseconds(started),
        "duration": cells.microseconds(duration),
        "chip": cells.chip(_outcome(attempt, error), "red" if error else "green"),
    }  # fmt: skip


def _outcome(attempt: dict[str, Any], error: str) -> str:
    return " ".join(filter(None, [str(attempt.get("status") or ""), error])) or "ok"


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole and part else ""


def opened(stored: RequestContent) -> list[tuple[str, str]]:
    """The stored content as titled texts. Under a wrong key it says so instead of failing."""
    try:
        text = decrypt(bytes(stored.sealed)).decode("utf-8", errors="replace")
    except WrongKey as error:
        return [("Cannot be opened", str(error))]
    try:
        found = json.loads(text)
    except ValueError:
        return [("Content", text)]
    if not isinstance(found, dict):
        return [("Content", _pretty(found))]
    note = " (cut: it was longer than what is kept)" if found.pop("cut", False) else ""
    return [(f"{str(name).capitalize()}{note}", _pretty(value)) for name, value in found.items()]


def _pretty(value: object) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False)
