"""What a request's page tells: how its target was chosen, its attempts, its usage, and stored content when opened."""

from __future__ import annotations

import json
from typing import Any

from django.utils.safestring import SafeString

from gateway.explain.picture import picture
from monitoring.admin.costs import cache_words, cost_facts
from monitoring.admin.timeline import fates, timeline
from monitoring.models import RequestContent, RequestLog
from providers.admin import cells
from providers.crypto import WrongKey, decrypt
from providers.pricing.money import usd

BASES = {
    "vendor": "as the vendor counted",
    "counted": "counted here",
    "estimated": "estimated here",
    "hold": "as reserved, the end is unknown",
    "none": "not known",
}
CACHE = {
    "hit": "answered from the cache",
    "similar": "answered from the cache: a similar request had been answered",
    "joined": "joined an identical request in flight",
    "stored": "the answer was kept for later",
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
        "cache": cache_words(row),
        "plan": picture(row.plan, fates=fates(row)),
        "timeline": timeline(row),
        "attempts": len(row.attempts),
        "latency": cells.microseconds(row.latency_us),
        "first_byte": cells.microseconds(row.first_byte_us) if row.first_byte_us else "",
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
        *cost_facts(row),
        *_rated_again(row),
        ("Answer cache", _answer_cache(row)),
        ("Tags", cells.chips([(tag, "grey") for tag in row.tags]) if row.tags else ""),
        ("Token", cells.code(row.token) if row.token else ""),
        ("Conversation", cells.code(row.session) if row.session else ""),
        ("Mode", "streamed" if row.stream else "whole"),
        ("Ended", f"{row.get_ended_by_display()}{f', {row.finish}' if row.finish else ''}"),
    ]
    return [(name, value) for name, value in shown if value]


def _answer_cache(row: RequestLog) -> str:
    said = CACHE.get(row.cache, row.cache)
    saved = row.saved_nano is not None and row.cache not in ("", "stored")
    return f"{said}; saved {usd(row.saved_nano or 0)}" if saved else said


def _rated_again(row: RequestLog) -> list[tuple[str, object]]:
    """What it had cost before its price was corrected."""
    if row.rated_at is None:
        return []
    before = usd(row.first_cost_nano) if row.first_cost_nano is not None else "unknown"
    return [("Cost at first", f"{before} · rated again {row.rated_at:%Y-%m-%d %H:%M} UTC")]


def _usage(row: RequestLog) -> list[tuple[str, str, str]]:
    """Name, count and share of its whole for each kind of usage that occurred."""
    rows = [("Input", row.input, ""), ("of it cached", row.cached_input, _percent(row.cached_input, row.input))]
    rows += [("of it written to the cache", row.cache_write_input, _percent(row.cache_write_input, row.input))]
    rows += [("Output", row.output, ""), ("of it reasoning", row.reasoning, _percent(row.reasoning, row.output))]
    return [(name, f"{count:,}", share) for name, count, share in rows if count or name in {"Input", "Output"}]


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
