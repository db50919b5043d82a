"""Numbers and base64: the one becomes the other and nothing is lost that float32 holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from providers.embeddings.numbers import as_asked, is_base64, to_base64, to_numbers

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20)


@given(FLOATS)
def test_there_and_back_gives_the_same_numbers(numbers: list[float]) -> None:
    packed = to_base64(Raw(json.dumps(numbers).encode()))
    assert is_base64(packed)
    assert json.loads(bytes(to_numbers(packed))) == numbers


def test_the_bytes_are_little_endian_float32() -> None:
    assert bytes(to_base64(Raw(b"[0.5,-0.25]"))) == b'"AAAAPwAAgL4="'


def test_what_has_the_form_asked_for_stays_as_it_came() -> None:
    numbers, packed = Raw(b"[ 0.10, 1 ]"), Raw(b'"AAAAPwAAgL4="')
    assert as_asked(numbers, base64=False) is numbers
    assert as_asked(packed, base64=True) is packed


@pytest.mark.parametrize("text", [b'["a"]', b"[[1]]", b"[null]", b"{}", b"7", b"null", b"[1e300]"])
def test_what_is_no_list_of_numbers_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="numbers"):
        to_base64(Raw(text))


@pytest.mark.parametrize("text", [b'"?"', b'"AAA="', b'"AADAfw=="'])
def test_what_is_no_base64_of_numbers_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        to_numbers(Raw(text))


def test_a_slash_may_be_escaped() -> None:
    assert to_numbers(Raw(b'"AAC\\/Pw=="')) == to_numbers(Raw(b'"AAC/Pw=="'))
