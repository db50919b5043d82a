"""Documents for vendors that read text only: what is text goes into the message as such."""

from __future__ import annotations

import base64
import binascii

from providers.canonical import File

_TEXT = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


def inlined(part: File) -> str | None:
    """What ``part`` says, under its name; ``None`` for a file that is no text or whose data is not at hand."""
    text = part.text if part.text is not None else _decoded(part)
    if text is None:
        return None
    return f"{part.name}:\n{text}" if part.name else text


def _decoded(part: File) -> str | None:
    if part.data is None or not (part.media_type or "").lower().startswith(_TEXT):
        return None
    try:
        return base64.b64decode(part.data, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
