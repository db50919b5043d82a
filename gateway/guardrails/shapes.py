"""How a body is walked: a shape takes a value and a visitor, and answers the value as the visitor wants it. What no
shape knows is text, to the last string, key and long number. A value nobody changed comes back as the same object."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.guardrails.views import looks_like_json
from providers.wires.openai.codec import decode, encode_text

WORD = re.compile(r"[a-z][a-z0-9_.-]{0,63}")  # a fixed word of the dialect, as "input_text" or "web_search_20250305"
IDENT = re.compile(r"[A-Za-z0-9_.:|/+=-]{0,256}")  # an id that a vendor made
BASE64 = re.compile(r"[A-Za-z0-9+/=_\r\n-]*")
SEAL = re.compile(r"[A-Za-z0-9+/=_.:-]*")
NAME = re.compile(r"[A-Za-z0-9_.:/-]{0,128}")  # of a tool or a schema
TEXT_TYPE = re.compile(
    r"(?:text|message)/|application/(?:[\w.-]+\+)?(?:x-)?(?:json|jsonl|ndjson|xml|yaml|toml|csv|sql|rtf|sh|javascript)\b|\Z",
    re.IGNORECASE,
)
DATA = re.compile(r"data:([^,;]{0,100})([^,]{0,200}),", re.IGNORECASE)
MEDIA_ADDRESS = re.compile(r"(?:https?|data|gs|s3|file):", re.IGNORECASE)
LONG_NUMBER = 1_000_000  # smaller whole numbers are nobody's
DEEPEST = 24  # content within content; what lies deeper is read as one text


class Visitor(Protocol):
    sealed: bool  # whether it looks into thoughts that a vendor signed
    depth: int

    def text(self, text: str, *, json: bool) -> str: ...

    def unchecked(self, what: str) -> None:
        """Something that no check can read."""
        ...


Shape = Callable[[Any, Visitor], Any]


def leave(value: Any, visitor: Visitor) -> Any:
    return value


def setting(value: Any, visitor: Visitor) -> Any:
    """A number, a switch, a fixed word. Whatever else stands there is read."""
    return value if isinstance(value, int | float) else word(value, visitor)


def biases(value: Any, visitor: Visitor) -> Any:
    """Numbers by a tokenizer's numbers, as {"50256": -100}."""
    return value if isinstance(value, dict) and all(map(_is_bias, value.items())) else free(value, visitor)


def _is_bias(item: tuple[str, Any]) -> bool:
    return item[0].isdigit() and len(item[0]) < 8 and isinstance(item[1], int | float)


def name(value: Any, visitor: Visitor) -> Any:
    return value if isinstance(value, str) and NAME.fullmatch(value) else free(value, visitor)


def seal(value: Any, visitor: Visitor) -> Any:
    """What a vendor signed or encrypted, alone or among other things."""
    if isinstance(value, str):
        return value if SEAL.fullmatch(value) else free(value, visitor)
    return _SEALED(value, visitor) if isinstance(value, dict) else free(value, visitor)


def text(value: Any, visitor: Visitor) -> Any:
    if isinstance(value, str):
        return visitor.text(value, json=looks_like_json(value)) if value else value
    return free(value, visitor)


def json_text(value: Any, visitor: Visitor) -> Any:
    return visitor.text(value, json=True) if isinstance(value, str) and value else free(value, visitor)


def free(value: Any, visitor: Visitor) -> Any:
    """Objects and lists are read as the JSON they are: a value together with the name before it."""
    if isinstance(value, str):
        return text(value, visitor)
    if value is None or isinstance(value, bool | float) or not value:
        return value
    if isinstance(value, int) and abs(value) < LONG_NUMBER:
        return value
    told = _spaced(value)
    changed = visitor.text(told, json=True)
    if changed == told:
        return value
    try:
        return decode(changed)
    except ValueError:  # what was found lay across the JSON's own signs
        return _one_by_one(value, visitor)


def _spaced(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return encode_text(value)


def _one_by_one(value: Any, visitor: Visitor) -> Any:
    if isinstance(value, dict):
        return {_one_by_one(name, visitor): _one_by_one(one, visitor) for name, one in value.items()}
    if isinstance(value, list):
        return [_one_by_one(one, visitor) for one in value]
    if isinstance(value, str):
        return visitor.text(value, json=False) if value else value
    return visitor.text(str(value), json=False) if type(value) is int and abs(value) >= LONG_NUMBER else value


def word(value: Any, visitor: Visitor) -> Any:
    return value if isinstance(value, str) and WORD.fullmatch(value) else free(value, visitor)


def ident(value: Any, visitor: Visitor) -> Any:
    return value if isinstance(value, str) and IDENT.fullmatch(value) else free(value, visitor)


def participant(value: Any, visitor: Visitor) -> Any:
    """The name of who speaks: vendors take letters, digits, _ and - alone."""
    changed = free(value, visitor)
    return changed if changed == value else re.sub(r"[^\w-]", "", str(changed))


def address(value: Any, visitor: Visitor) -> Any:
    """Where media is, or the media itself; text that was put into one is read."""
    if not isinstance(value, str):
        return free(value, visitor)
    head = DATA.match(value)
    if head is not None and TEXT_TYPE.match(head[1]):
        rest = value[head.end() :]
        is_packed = head[2].lower().endswith(";base64")
        return head.group() + str(_packed_text(rest, visitor) if is_packed else text(rest, visitor))
    return value if MEDIA_ADDRESS.match(value) else media(value, visitor)


def media(value: Any, visitor: Visitor) -> Any:
    if isinstance(value, str) and value.startswith("data:"):
        return address(value, visitor)
    return value if isinstance(value, str) and BASE64.fullmatch(value) else free(value, visitor)


def _packed_text(packed: str, visitor: Visitor) -> str:
    """Read as kindly as a vendor may: in lines, without its padding, in another encoding."""
    signs = "".join(packed.split()).translate(_URL_SAFE).rstrip("=")
    try:
        data = base64.b64decode(signs + "=" * (-len(signs) % 4), validate=True)
    except (binascii.Error, ValueError):
        return str(text(packed, visitor))
    plain, encoding = _decoded(data)
    changed = text(plain, visitor)
    return packed if changed == plain else base64.b64encode(str(changed).encode(encoding)).decode()


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, and the encoding it is in."""
    encodings = ("utf-16", "utf-8") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8",)
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except ValueError:
            pass
    return data.decode("latin-1"), "latin-1"


def source(value: Any, visitor: Visitor) -> Any:
    """Of an Anthropic image or document."""
    if not isinstance(value, dict):
        return free(value, visitor)
    data = value.get("data")
    if value.get("type") == "base64" and isinstance(data, str):
        packed = TEXT_TYPE.match(str(value.get("media_type") or "-")) is not None
        new = _packed_text(data, visitor) if packed else media(data, visitor)
        value = value if new == data else {**value, "data": new}
        return _SOURCE_OF_MEDIA(value, visitor)
    return _SOURCE(value, visitor)


def thought(value: Any, visitor: Visitor) -> Any:
    """A thought with its vendor's signature. Changed, it is no longer what was signed: without the signature every
    wire knows that it is nobody's, and leaves it out where the vendor would refuse it."""
    if not isinstance(value, dict):
        return free(value, visitor)
    if not visitor.sealed:
        return value
    changed = _THOUGHT(value, visitor)
    if changed is value:
        return value
    return {name: one for name, one in changed.items() if name != "signature"}


def obj(fields: Mapping[str, Shape], *, others: Shape = free) -> Shape:
    """An object with these fields; what else it holds is read by ``others``, name and all."""

    def walk(value: Any, visitor: Visitor) -> Any:
        if not isinstance(value, dict):
            return free(value, visitor)
        changed: dict[str, Any] | None = None
        for name, one in value.items():
            shape = fields.get(name)
            key = name if shape is not None else visitor.text(name, json=False) if name else name
            new = (shape or others)(one, visitor)
            if (new is not one or key != name) and changed is None:
                changed = dict(_before(value, name))
            if changed is not None:
                changed[key] = new
        return value if changed is None else changed

    return walk


def _before(value: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    items = list(value.items())
    return items[: next(at for at, (one, _) in enumerate(items) if one == name)]


def each(shape: Shape) -> Shape:
    def walk(value: Any, visitor: Visitor) -> Any:
        if not isinstance(value, list):
            return shape(value, visitor) if isinstance(value, dict) else free(value, visitor)
        new = [shape(one, visitor) for one in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new

    return walk


def nested(shape: Callable[[], Shape]) -> Shape:
    """For shapes that hold themselves."""

    def walk(value: Any, visitor: Visitor) -> Any:
        if visitor.depth >= DEEPEST:
            return free(value, visitor)
        visitor.depth += 1
        try:
            return shape()(value, visitor)
        finally:
            visitor.depth -= 1

    return walk


def content(block: Callable[[], Shape]) -> Shape:
    """A text, or a list of blocks (or texts)."""

    def walk(value: Any, visitor: Visitor) -> Any:
        return text(value, visitor) if isinstance(value, str) else each(block())(value, visitor)

    return nested(lambda: walk)


def unreadable_numbers(value: Any, visitor: Visitor) -> Any:
    """Texts, or what a tokenizer made of them, which no check can read."""
    if isinstance(value, list) and value and isinstance(value[0], int | list):
        visitor.unchecked("numbers")
        return value
    return text(value, visitor) if isinstance(value, str) else each(free)(value, visitor)


_URL_SAFE = str.maketrans("-_", "+/")
_SEALED = obj({"google": obj({"thought_signature": seal, "thoughtSignature": seal}), "signature": seal})
_THOUGHT = obj(
    {"type": word, "thinking": text, "text": text, "summary": text, "signature": seal, "data": seal}
    | {"id": ident, "format": word, "index": setting, "encrypted": seal}
)
_SOURCE_OF_MEDIA = obj({"type": word, "media_type": name, "data": leave})
_SOURCE = obj(
    {"type": word, "media_type": name, "url": address, "file_id": ident, "data": text}
    | {"content": lambda value, visitor: _blocks()(value, visitor)}
)


def _blocks() -> Shape:
    from gateway.guardrails.dialects import CONTENT  # which is made of the shapes here

    return CONTENT
