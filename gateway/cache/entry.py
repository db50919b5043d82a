"""An answer as it is kept, and as it leaves the process: encrypted, under a name that tells nothing of the request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import msgspec
from django.conf import settings

from providers.crypto import WrongKey, decrypt, encrypt

PIECE = 32 * 1024  # bytes of a replayed piece: what an app reads at once
OVERHEAD = 900  # bytes an entry takes beside its answer, measured


class Units(msgspec.Struct, array_like=True, frozen=True):
    """Usage of the call that made the answer."""

    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0


NO_UNITS = Units()


class Entry(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """``key``: SHA-256 of the request. ``created`` and ``expires``: seconds since the epoch. ``scope``: whose it is, as
    ``keying.scope_of`` tells. ``pieces``: one for a whole answer, the frames of a stream. ``cost_nano``: what it had
    cost."""

    key: bytes
    created: float
    expires: float
    scope: str
    stream: bool
    pieces: list[bytes]
    provider: str = ""
    vendor: str = ""
    model: str = ""
    wire: str = ""
    finish: str = ""
    cost_nano: int | None = None
    units: Units = NO_UNITS
    made_by: str = ""  # id of the exchange

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces)) + OVERHEAD


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def seal(entry: Entry) -> bytes:
    """For Redis and the disk."""
    return encrypt(_encoder.encode(entry))


def unseal(sealed: bytes, *, key: bytes) -> Entry | None:
    """``None`` for what is damaged, was encrypted with another key, or is not the answer to ``key``: whoever can write
    there could otherwise give one team's answer to another."""
    try:
        entry = _decoder.decode(decrypt(sealed))
    except (WrongKey, msgspec.MsgspecError, ValueError, TypeError):
        return None
    return entry if entry.key == key else None


def name_of(key: bytes) -> str:
    """What an entry is called outside: without the encryption key nobody can tell whether a request was made."""
    return hmac.new(_secret(settings.ENCRYPTION_KEYS[0]), key, hashlib.sha256).hexdigest()


def _secret(encryption_key: str) -> bytes:
    return hashlib.sha256(b"switchboard answer cache\0" + encryption_key.encode()).digest()


def gathered(pieces: Iterable[bytes]) -> list[bytes]:
    """The same bytes in fewer pieces: a thousand small ones take more memory and time than what is in them."""
    found: list[bytes] = []
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE:
            found.append(b"".join(waiting))
            waiting, size = [], 0
    if waiting:
        found.append(b"".join(waiting))
    return found
