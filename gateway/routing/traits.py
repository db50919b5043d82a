"""What a request needs of a model, read from the app's own body: cheap, and never an error.

Every message is looked at once, and of its content only types and lengths. The kind (``gateway.routing.kinds``) is read
off at most ``MOST_TEXT`` characters: what the user said last, and where that says little, what they said first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.routing.kinds import CHAT, CODE, CREATIVE, LARGE, codes, kind_of

LARGE_INPUT = 50_000  # input units, of windows that commonly hold 128,000: the size decides then, not the words
MOST_TEXT = 4000
CHARS_PER_UNIT = 4
SAMPLES = 32  # characters of a text that tell whether it is Chinese, Japanese or Korean: about one unit a character
FIRST_WIDE = "\u2e80"
IMAGE = 1000  # units of a picture: between 250 (small) and 1,600 (the most) at the large vendors
FILE_BYTES_PER_UNIT = 20  # of base64: a page of a PDF is some 60 KB and 1,500 to 3,000 units
LEAST_FILE = 500
AUDIO_BYTES_PER_UNIT = 500  # 32 units for a second of 16 KB
TOOL = 120  # units of a tool's description, where they cannot be told from the body's size
FRAME = 48  # bytes around a text in JSON: {"role":"assistant","content":""},
MOST_MESSAGES, MOST_PARTS = 20_000, 20_000  # looked at in all; the rest counts by its bytes, where the size is known
DEEPEST = 4  # tool results hold parts, too
SHORT_TALK = 4  # messages of a conversation that may still be a simple question


class Traits(NamedTuple):
    """``input`` in estimated units; ``output`` is the most that was asked for, 0 where nothing was said. ``kind`` is
    simple, code, creative, large or chat."""

    kind: str = CHAT
    vision: bool = False
    tools: bool = False
    json_schema: bool = False
    audio: bool = False
    input: int = 0
    stream: bool = False
    output: int = 0


class _Seen:
    """What was counted so far. ``exact``: characters of plain text; ``media``: bytes of the body that are no text."""

    __slots__ = ("audio", "exact", "frames", "left", "media", "plain", "units", "vision")

    def __init__(self) -> None:
        self.units = 0.0
        self.exact = self.media = self.frames = 0
        self.left = MOST_PARTS
        self.plain = True
        self.vision = self.audio = False

    def text(self, text: str) -> None:
        self.exact += len(text)
        self.frames += 1
        if text.isascii():
            self.units += len(text) / CHARS_PER_UNIT
        else:
            self.plain = False
            self.units += _wide_units(text)


def read_traits(body: Mapping[str, Any], *, dialect: str, size: int = 0) -> Traits:
    """``dialect``: "openai" (chat completions) or "anthropic" (messages); they differ in few names, and both are
    understood in either. ``size``: bytes of the whole body, 0 where unknown; what it holds beside texts and media
    (tools, schemas, calls) is then counted as input."""
    seen = _Seen()
    messages = body.get("messages")
    messages = messages if isinstance(messages, list) else []
    for message in messages[:MOST_MESSAGES]:
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, str):
                seen.text(content)
            elif isinstance(content, list):
                _parts(content, seen, DEEPEST)
    _content(body.get("system"), seen)
    tools = body.get("tools") or body.get("functions")
    tools = tools if isinstance(tools, list) else []
    audio = seen.audio or "audio" in _list(body.get("modalities"))
    units = int(seen.units) + _rest(seen, len(tools), size)
    simple = not tools and not seen.vision and not audio and len(messages) <= SHORT_TALK
    return Traits(
        kind=LARGE if units > LARGE_INPUT else _kind(messages, tools, simple=simple),
        vision=seen.vision,
        tools=bool(tools),
        json_schema=_wants_schema(body),
        audio=audio,
        input=units,
        stream=body.get("stream") is True,
        output=_output(body),
    )


def _content(content: Any, seen: _Seen) -> None:
    if isinstance(content, str):
        seen.text(content)
    elif isinstance(content, list):
        _parts(content, seen, DEEPEST)


def _parts(parts: list[Any], seen: _Seen, depth: int) -> None:
    most, seen.left = seen.left, max(0, seen.left - len(parts))
    for part in parts[:most]:
        if isinstance(part, str):
            seen.text(part)
        elif isinstance(part, dict):
            text = part.get("text")
            if isinstance(text, str):
                seen.text(text)
            else:
                _part(part, seen, depth)


def _part(part: dict[str, Any], seen: _Seen, depth: int) -> None:
    kind = part.get("type")
    if kind in ("image_url", "image", "input_image"):
        seen.vision = True
        seen.units += IMAGE
        seen.media += _bytes(part)
    elif kind == "input_audio":
        seen.audio = True
        seen.media += (data := _bytes(part))
        seen.units += data // AUDIO_BYTES_PER_UNIT + 1
    elif kind in ("file", "document", "input_file"):
        _file(part, seen)
    elif isinstance(content := part.get("content"), str):
        seen.text(content)
    elif isinstance(content, list) and depth:
        _parts(content, seen, depth - 1)


def _file(part: dict[str, Any], seen: _Seen) -> None:
    """Models read a PDF as pictures of its pages; a text is a text."""
    source = part.get("source")
    if isinstance(source, dict) and source.get("type") == "text" and isinstance(source.get("data"), str):
        seen.text(source["data"])
        return
    seen.vision = True
    seen.media += (data := _bytes(part))
    seen.units += max(LEAST_FILE, data // FILE_BYTES_PER_UNIT)


def _bytes(part: dict[str, Any]) -> int:
    """Of the longest text one or two levels down: base64, or an address."""
    longest = 0
    for value in list(part.values())[:8]:
        for inner in list(value.values())[:8] if isinstance(value, dict) else (value,):
            if isinstance(inner, str) and len(inner) > longest:
                longest = len(inner)
    return longest


def _rest(seen: _Seen, tools: int, size: int) -> int:
    """Units of what is neither text nor media. How many bytes a text that is not ASCII takes depends on who wrote the
    JSON, so that the size tells nothing there."""
    if not size or not seen.plain:
        return tools * TOOL
    return max(0, size - seen.exact - seen.media - seen.frames * FRAME) // CHARS_PER_UNIT


def _wide_units(text: str) -> float:
    sample = text[:: 1 + len(text) // SAMPLES]
    wide = sum(sign >= FIRST_WIDE for sign in sample) / len(sample)
    return len(text) * (wide + (1 - wide) / CHARS_PER_UNIT)


def _kind(messages: list[Any], tools: list[Any], *, simple: bool) -> str:
    if tools and codes(_names(tools)):
        return CODE
    last = _said(reversed(messages[-8:]), MOST_TEXT // 2)
    kind = kind_of(last, units=_units(last), simple=simple)
    if kind in (CODE, CREATIVE) or len(messages) < 2:
        return kind
    first = _said(messages[:4], MOST_TEXT // 2)
    if first is last or first == last:
        return kind
    before = kind_of(first, units=_units(first), simple=False)
    return before if before in (CODE, CREATIVE) else kind


def _said(messages: Any, most: int) -> str:
    """The first text of a user among ``messages``: its beginning and its end, where the question stands."""
    for message in messages:
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            text = content if isinstance(content, str) else _first_text(content)
            if text:
                return text if len(text) <= most else f"{text[: most // 2]}\n{text[-(most // 2) :]}"
    return ""


def _first_text(content: Any) -> str:
    """The last text of a part list: attachments and reminders come before the question."""
    for part in reversed(content[-8:]) if isinstance(content, list) else ():
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and text:
            return text
    return ""


def _units(text: str) -> int:
    return int(len(text) / CHARS_PER_UNIT if text.isascii() else _wide_units(text))


def _names(tools: list[Any]) -> list[str]:
    found = []
    for tool in tools[:24]:
        if isinstance(tool, dict):
            function = tool.get("function")
            name = function.get("name") if isinstance(function, dict) else tool.get("name")
            if isinstance(name, str):
                found.append(name)
    return found


def _wants_schema(body: Mapping[str, Any]) -> bool:
    for name in ("response_format", "output_format", "output_config"):
        asked = body.get(name)
        if isinstance(asked, dict):
            inner = asked.get("format")
            kind = inner.get("type") if isinstance(inner, dict) else asked.get("type")
            if kind in ("json_schema", "json_object"):
                return True
    return False


def _output(body: Mapping[str, Any]) -> int:
    for name in ("max_completion_tokens", "max_tokens"):
        most = body.get(name)
        if isinstance(most, int) and not isinstance(most, bool) and most > 0:
            return most
    return 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
