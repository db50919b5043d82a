"""Which requests are the same: a SHA-256 over everything that an answer depends on, in one canonical form.

Two requests whose keys are equal may have each other's answer. What is not sure to be meaningless is part of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

import msgspec

from gateway.inbound import Inbound
from gateway.operations.base import Operation
from gateway.snapshot import KeyFacts

FORMAT = 1  # raised when answers are told in another way: those kept before are not found again
LARGEST = 2**20  # bytes of a request; a larger one would hold up the other calls while it is read again
EVERYONE = "all"  # the scope of answers that teams share

# What tells the vendor who asks and how to file it. No model sees it.
MEANINGLESS = frozenset(
    {"user", "metadata", "session_id", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}
)
ALWAYS = MEANINGLESS | {"stream"}  # which the head holds
WHOLE = ALWAYS | {"stream_options"}


def scope_of(key: KeyFacts, *, shared: bool) -> str:
    """Among whom an answer may go round. A key without a team is alone."""
    if shared:
        return EVERYONE
    return f"team:{key.team_id}" if key.team_id else f"key:{key.id}"


def body_of(operation: Operation) -> dict[str, Any] | None:
    """What was asked, as far as it matters; ``None`` where an answer from the cache would not do: the vendor is to
    store the call, or only counts, which costs nothing."""
    if not operation.billed:
        return None
    body = getattr(operation, "body", None)
    if not isinstance(body, dict):
        return _fields(getattr(operation, "call", None))
    return None if body.get("store") is True else _without(body, ALWAYS if operation.stream else WHOLE)


def head_of(
    inbound: Inbound, *, scope: str, marks: tuple[str, ...], identity: bytes, guards: str, forwarded: Any = ()
) -> bytes:
    """What the key holds beside the body: who may have the answer, and who could give it."""
    operation, key = inbound.operation, inbound.caller.key
    wire = getattr(operation, "wire", None)
    facts = (
        *(FORMAT, operation.endpoint, wire.name if wire is not None else "", operation.stream, operation.model),
        *(scope, marks, identity, guards, sorted(forwarded)),
        *(sorted(key.allowed_models), inbound.wishes.fallback),  # they decide which of the targets may answer
    )
    return _encode(facts)


def digest(head: bytes, body: Mapping[str, Any]) -> bytes | None:
    """The key. ``None`` for what has no canonical form."""
    try:
        canonical = _sorted(_decode(_encode(body)))
    except (TypeError, ValueError, RecursionError):
        return None
    made = sha256(b"%d:" % len(head))
    made.update(head)
    made.update(canonical)
    return made.digest()


def _fields(call: Any) -> dict[str, Any] | None:
    """Of a call that was read into a dataclass already; what nobody knew rides along in ``extra``."""
    if not is_dataclass(call):
        return None
    found = {field.name: getattr(call, field.name) for field in fields(call)}
    extra = found.get("extra") or {}
    if extra.get("store") is True:
        return None
    return {**_without(found, MEANINGLESS), "extra": _without(extra, MEANINGLESS)}


def _without(body: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _number(text: str) -> int | float:
    """1.0 is 1, as it is for every JSON reader that has one kind of number."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_encode = msgspec.json.Encoder(enc_hook=_plain).encode
_decode = msgspec.json.Decoder(float_hook=_number).decode
_sorted = msgspec.json.Encoder(order="sorted").encode
