"""How much input a call is, where nobody who knows can be asked: a rule of thumb, and said to be one.

Sources: platform.claude.com build-with-claude/vision ("width × height / 750", pictures are scaled down to 1568 pixels)
and build-with-claude/pdf-support (1,500 to 3,000 a page, and the page as a picture).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from providers.canonical import (
    Audio,
    Call,
    File,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from providers.wires.anthropic.codec import encode
from providers.wires.anthropic.image_size import image_size

CHARS_PER_UNIT = 4
PICTURE = 1600  # the most one counts, and one of unknown size
LONGEST_EDGE = 1568
PIXELS_PER_UNIT = 750
PAGE = 3000
SECOND_OF_AUDIO_BYTES, AUDIO_PER_SECOND = 16_000, 32
PAGES = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def estimate_input(call: Call) -> int:
    """Input units of ``call``, at least 1."""
    parts = [part for message in call.messages for part in message.parts]
    chars, fixed = _parts(parts)
    chars += sum(len(_tool(tool)) for tool in call.tools)
    if call.output_format is not None and call.output_format.schema:
        chars += len(encode(call.output_format.schema))
    return max(1, -(-chars // CHARS_PER_UNIT) + fixed)


def _parts(parts: Iterable[Part]) -> tuple[int, int]:
    """Characters of text, and units of all that is not text."""
    counted = [_part(part) for part in parts]
    return sum(chars for chars, _ in counted), sum(fixed for _, fixed in counted)


def _part(part: Part) -> tuple[int, int]:
    match part:
        case Text(text=text) | Refusal(text=text) | Reasoning(text=text):
            return len(text), 0
        case ToolCall():
            return len(part.name) + len(part.arguments), 0
        case ToolResult():
            return _parts(part.parts)
        case Image():
            return 0, _picture(part)
        case File():
            return (len(part.text), 0) if part.text is not None else (0, _document(part))
        case Audio(data=data):
            return 0, len(data) * AUDIO_PER_SECOND // SECOND_OF_AUDIO_BYTES + 1
        case Opaque(value=value):
            return len(encode(value)), 0


def _picture(image: Image) -> int:
    size = image_size(image.data) if image.data else None
    if size is None:
        return PICTURE
    scale = min(1.0, LONGEST_EDGE / max(size))
    return min(PICTURE, -int(-(size[0] * scale) * (size[1] * scale) // PIXELS_PER_UNIT))


def _document(file: File) -> int:
    """A PDF's pages, where it lists them in the open; else one page."""
    try:
        data = base64.b64decode(file.data or "", validate=True)
    except (binascii.Error, ValueError):
        return PAGE
    if (file.media_type or "").startswith("text/"):
        return -(-len(data) // CHARS_PER_UNIT)
    return PAGE * max(1, len(PAGES.findall(data)))


def _tool(tool: Tool | Opaque) -> bytes:
    if isinstance(tool, Opaque):
        return encode(tool.value)
    return encode([tool.name, tool.description, tool.parameters])
