"""Ways of cutting a body into the pieces it might come in."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.recorded.records import Record


def at_every_byte(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


def at_random(body: bytes, *, seed: str) -> list[bytes]:
    """The same cuts for the same record, so that what fails once fails again."""
    dice = random.Random(seed)
    cuts = sorted(dice.sample(range(1, len(body)), min(len(body) - 1, dice.randint(1, 40)))) if len(body) > 1 else []
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def as_recorded(record: Record) -> list[bytes]:
    at, pieces = 0, []
    for length in record.chunks:
        pieces.append(record.body[at : at + length])
        at += length
    return pieces


def ways(record: Record) -> Iterator[tuple[str, list[bytes]]]:
    """Every way a record's stream is replayed in, with its name."""
    yield "whole", [record.body]
    yield "byte by byte", at_every_byte(record.body)
    for number in range(3):
        yield f"random cuts {number}", at_random(record.body, seed=f"{record.id}-{number}")
    if sum(record.chunks) == len(record.body) and record.chunks:
        yield "as it came", as_recorded(record)
