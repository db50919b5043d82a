"""Bars: how much of an amount is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Part = tuple[float, str]  # percent of the whole, and the tone of its colour


def meter(parts: Iterable[Part], *, label: str, marks: Sequence[float] = ()) -> SafeString:
    """One bar of parts that follow each other, with thin ``marks``; what passes the end is cut off. ``label`` says the
    same in words."""
    return format_html(
        '<span class="sb-meter" role="img" aria-label="{}" title="{}">{}{}</span>',
        label,
        label,
        format_html_join("", '<i class="sb-meter-part sb-{}" style="left:{}%;width:{}%"></i>', _placed(parts)),
        format_html_join("", '<i class="sb-meter-mark" style="left:{}%"></i>', ((_css(at),) for at in marks)),
    )


def _placed(parts: Iterable[Part]) -> list[tuple[str, str, str]]:
    placed, left = [], 0.0
    for share, tone in parts:
        width = min(max(share, 0.0), 100.0 - left)
        if width > 0:
            placed.append((tone, _css(left), _css(width)))
        left += width
    return placed


def _css(number: float) -> str:
    return f"{number:.2f}"
