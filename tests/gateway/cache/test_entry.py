"""What leaves the process is encrypted, tells nothing by its name, and is nothing where it is damaged."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.entry import PIECE, gathered, name_of, seal, unseal
from tests.gateway.cache.cast import entry


def test_an_entry_comes_back_as_it_was() -> None:
    made = entry(body=b"\0\xffanswer", cost_nano=3, model="m1", finish="stop", stream=True)
    assert unseal(seal(made), key=made.key) == made


def test_it_cannot_be_read_and_its_name_tells_nothing(settings: pytest.FixtureRequest) -> None:
    made = entry(body=b"the answer")
    assert b"answer" not in seal(made)
    assert made.key.hex() not in name_of(made.key)
    first = name_of(made.key)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]  # type: ignore[attr-defined]
    assert name_of(made.key) != first
    assert first == first.lower() and len(first) == 64


def test_another_requests_answer_is_none_whoever_put_it_there() -> None:
    made = entry()
    assert unseal(seal(made), key=b"o" * 32) is None


@given(st.data())
def test_whatever_is_damaged_is_none(data: st.DataObject) -> None:
    sealed = bytearray(seal(entry()))
    at = data.draw(st.integers(0, len(sealed) - 3))
    sealed[at] ^= data.draw(st.integers(1, 255))
    assert unseal(bytes(sealed), key=entry().key) is None
    assert unseal(bytes(sealed[:at]), key=entry().key) is None


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"\xff" * 40, "text".encode("utf-16")])
def test_rubbish_is_none(rubbish: bytes) -> None:
    assert unseal(rubbish, key=entry().key) is None


@given(st.lists(st.binary(max_size=PIECE // 3), max_size=20))
def test_gathered_pieces_are_the_same_bytes(pieces: list[bytes]) -> None:
    found = gathered(pieces)
    assert b"".join(found) == b"".join(pieces)
    assert len(found) <= sum(map(len, pieces)) // PIECE + 1
