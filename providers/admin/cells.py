"""Pieces of HTML that lists and pages share: dots, chips, times, buttons. Everything that goes in is escaped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from providers.status import Status

Tone = Literal["green", "yellow", "red", "blue", "grey"]

EMPTY = format_html('<span class="sb-quiet">{}</span>', "–")


def dot(status: Status) -> SafeString:
    """A status: its dot, its word and, below, its reason."""
    return format_html(
        '<span class="sb-status sb-{}"><span class="sb-status-word"><i class="sb-dot" aria-hidden="true"></i>{}</span>'
        '<span class="sb-reason" title="{}">{}</span></span>',
        status.colour,
        status.word.capitalize(),
        status.reason,
        status.reason,
    )


def chip(text: object, tone: Tone = "grey", *, title: str = "") -> SafeString:
    return format_html('<span class="sb-chip sb-{}" title="{}">{}</span>', tone, title, text)


def chips(texts: list[tuple[object, Tone]]) -> SafeString:
    inner = format_html_join("", '<span class="sb-chip sb-{}">{}</span>', ((tone, text) for text, tone in texts))
    return format_html('<span class="sb-chips">{}</span>', inner)


def code(text: object, *, title: str = "") -> SafeString:
    return format_html('<code class="sb-code" title="{}">{}</code>', title, text)


def two_lines(first: object, second: object) -> SafeString:
    return format_html(
        '<span class="sb-two"><span class="sb-strong">{}</span><span class="sb-quiet">{}</span></span>', first, second
    )


def known(value: bool | None) -> SafeString:
    """Yes, no or unknown: a sign with a word for readers that see no signs."""
    sign, word, tone = {True: ("✓", "yes", "green"), False: ("✕", "no", "grey")}.get(value, ("?", "unknown", "yellow"))  # type: ignore[arg-type]
    return format_html(
        '<span class="sb-known sb-{}" title="{}"><b aria-hidden="true">{}</b> {}</span>', tone, word, sign, word
    )


def span(duration: timedelta) -> str:
    """A duration in its largest fitting unit: ``45 s``, ``12 min``, ``3 h``, ``4 d``."""
    seconds = int(abs(duration.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def moment(at: datetime | None, *, now: datetime | None = None, never: str = "never") -> SafeString:
    """A time as a distance from now; the exact UTC time stands in its title."""
    if at is None:
        return format_html('<span class="sb-quiet">{}</span>', never)
    now = now or datetime.now(UTC)
    text = f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S"), text
    )


def post_button(url: str, *, label: str, icon: str, confirm: str = "") -> SafeString:
    """An icon button that posts the form it stands in to ``url``: a link would let a foreign page do it."""
    return format_html(
        '<button type="submit" class="sb-icon-button" formaction="{}" formmethod="post" formnovalidate '
        'data-confirm="{}" title="{}" aria-label="{}"><span class="material-symbols-outlined">{}</span></button>',
        url,
        confirm,
        label,
        label,
        icon,
    )


def microseconds(value: int) -> str:
    """A duration of ``value`` microseconds: ``840 µs``, ``12 ms``, ``1.24 s``, ``2 min 5 s``."""
    if value < 1000:
        return f"{value} µs"
    if value < 1_000_000:
        return f"{value / 1000:.0f} ms"
    if value < 60_000_000:
        return f"{value / 1_000_000:.2f} s"
    return f"{value // 60_000_000} min {value % 60_000_000 // 1_000_000} s"
