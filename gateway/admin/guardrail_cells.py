"""A guardrail in one line: what it checks, where, for whom, what it does, and what it said of late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gateway.admin.watched import Said
from gateway.models import Guardrail
from providers.admin import cells

ACTION_TONES: dict[str, cells.Tone] = {"block": "red", "redact": "blue", "restore": "blue", "log": "grey"}
ACTION_WORDS = {"block": "block", "redact": "redact", "restore": "redact, restore", "log": "log only"}
SAID_TONES: dict[str, cells.Tone] = {
    "block": "red",
    "redact": "blue",
    "restore": "blue",
    "log": "grey",
    "failed": "red",
    "shadow": "yellow",
}
SAID_WORDS = {
    "block": "blocked",
    "redact": "redacted",
    "restore": "restored",
    "log": "noted",
    "failed": "failed",
    "shadow": "in shadow",
}
MOST_NAMES = 2


def short_kind(guardrail: Guardrail) -> str:
    return Guardrail.Kind(guardrail.kind).label if guardrail.kind in Guardrail.Kind.values else guardrail.kind


def action(guardrail: Guardrail) -> SafeString:
    word, means = ACTION_WORDS.get(guardrail.action, guardrail.action), guardrail.get_action_display()
    chips: list[tuple[object, cells.Tone]] = [(word, ACTION_TONES.get(guardrail.action, "grey"))]
    if guardrail.shadow:
        chips.append(("shadow", "yellow"))
    if not guardrail.enabled:
        chips.append(("off", "yellow"))
    return format_html('<span title="{}">{}</span>', means, cells.chips(chips))


def sides(guardrail: Guardrail) -> str:
    both = [word for on, word in ((guardrail.on_requests, "requests"), (guardrail.on_replies, "replies")) if on]
    return " and ".join(both)


def whom(guardrail: Guardrail) -> SafeString:
    """Names, the first few; prefetched."""
    groups: list[tuple[str, Any]] = [
        ("team", guardrail.teams.all()), ("key", guardrail.api_keys.all()), ("route", guardrail.routes.all()),
    ]  # fmt: skip
    shown = [_group(word, [str(one) for one in rows]) for word, rows in groups if rows]
    if not shown:
        return cells.chip("every call")
    return format_html('<span class="sb-names">{}</span>', format_html_join("", "{}", ((one,) for one in shown)))


def _group(word: str, names: list[str]) -> SafeString:
    more = len(names) - MOST_NAMES
    text = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return format_html('<span title="{}"><span class="sb-quiet">{}</span> {}</span>', ", ".join(names), word, text)


def said(found: Mapping[str, Said] | None, name: str) -> SafeString:
    """Counts of the last day by what it did, which lead to the calls."""
    if found is None:
        return cells.EMPTY
    one = found.get(name)
    if one is None or not one.counts:
        return format_html('<span class="sb-quiet">{}</span>', "none")
    more = "+" if one.capped else ""
    chips: list[tuple[object, cells.Tone]] = [
        (f"{count:,}{more} {SAID_WORDS[word]}", SAID_TONES[word])
        for word, count in one.counts.items()
        if word in SAID_WORDS
    ]
    return format_html('<a class="sb-link" href="{}">{}</a>', one.url, cells.chips(chips))
