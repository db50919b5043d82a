"""Long texts in pieces that overlap, so that what stands at a cut is seen whole in one of them."""

from __future__ import annotations

from collections.abc import Iterator

OVERLAP = 100  # characters


def cut(text: str, size: int) -> Iterator[str]:
    """Pieces of at most ``size`` characters, cut at spaces where there are any."""
    at = 0
    while len(text) - at > size:
        end = _space(text, at + size // 2, at + size)
        yield text[at:end]
        at = max(at + 1, _space(text, end - 2 * OVERLAP, end - OVERLAP))
    yield text[at:]


def _space(text: str, least: int, most: int) -> int:
    """The last space between the two; ``most`` where there is none."""
    found = text.rfind(" ", max(0, least), max(0, most))
    return found if found > 0 else most
