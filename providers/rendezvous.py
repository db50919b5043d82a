"""Which token a conversation stays with: the highest of a hash of both (rendezvous hashing), so that every process
picks the same one without asking another, and a token that goes or comes moves only its own conversations."""

from __future__ import annotations

from hashlib import blake2b

_MASK = (1 << 64) - 1


def digest(text: str) -> int:
    """64 bits of ``text``, the same in every process."""
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big")


def salt(token_id: int, *, rotated_at: float) -> int:
    """A token's own number. Another moment of rotation (seconds since the epoch) gives another."""
    return digest(f"{token_id}:{round(rotated_at * 1000)}")


def score(session: int, salt: int) -> int:
    """How well a conversation (its ``digest``) and a token fit; the highest of a pool takes it."""
    mixed = ((session ^ salt) * 0x9E3779B97F4A7C15) & _MASK
    mixed ^= mixed >> 32
    mixed = (mixed * 0xD6E8FEB86659FD93) & _MASK
    return mixed ^ (mixed >> 32)
