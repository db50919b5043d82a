"""The mock upstream reads what any client may write, and answers whole or streamed as asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks import answers
from tests.benchmarks.upstream import answer, take_request

CHAT = b"/v1/chat/completions"


def request(body: bytes, *, pieces: list[int] | None) -> bytes:
    """With a length, or in chunks of these sizes."""
    if pieces is None:
        return b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    out, at = b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", 0
    for size in pieces:
        if part := body[at : at + size]:
            out += answers.framed(part)
        at += size
    return out + (answers.framed(body[at:]) if body[at:] else b"") + answers.STREAM_END


@given(st.binary(max_size=300), st.none() | st.lists(st.integers(1, 40), max_size=9), st.binary(max_size=40))
def test_a_request_is_taken_whole_and_not_before_it_is(body: bytes, pieces: list[int] | None, following: bytes) -> None:
    sent = request(body, pieces=pieces)

    assert take_request(sent + following) == (b"/v1/x", body, len(sent))
    assert all(take_request(sent[:cut]) is None for cut in range(len(sent)))


@pytest.mark.parametrize(
    "asked", [b'{"stream":true}', b'{"stream" :\n true , "model": "m"}', b'{"n":1,"stream": true}']
)
def test_a_stream_is_given_however_the_body_is_spaced(asked: bytes) -> None:
    whole, chunks, pause = answer(CHAT, asked)

    assert not whole and not pause
    assert sum(b'"content":" word' in chunk for chunk in chunks) == answers.CHUNKS
    assert b"[DONE]" in chunks[-1]


@pytest.mark.parametrize(
    "asked", [b"{}", b'{"stream":false}', b'{"stream":null}', b'{"messages":[{"content":"\\"stream\\":true"}]}']
)
def test_a_whole_reply_is_given_to_all_others(asked: bytes) -> None:
    whole, chunks, _ = answer(CHAT, asked)

    assert whole.startswith(b"HTTP/1.1 200") and not chunks


@pytest.mark.parametrize("wanted", [True, False])
def test_the_stream_tells_its_usage_only_if_asked(wanted: bool) -> None:
    asked = b'{"stream":true,"stream_options":{"include_usage":%s}}' % str(wanted).lower().encode()

    assert any(b"total_tokens" in chunk for chunk in answer(CHAT, asked)[1]) is wanted


def test_a_slow_model_takes_its_time_on_both_wires() -> None:
    for path in (CHAT, b"/v1/messages"):
        _, chunks, pause = answer(path, b'{"stream":true,"model":"slow"}')

        assert pause == 1.0
        assert sum(b" word" in chunk for chunk in chunks) == answers.SLOW_CHUNKS


@pytest.mark.parametrize(
    ("path", "body", "status"), [(b"/nowhere", b"{}", b"404"), (CHAT, b"{", b"400"), (CHAT, b"\xff", b"400")]
)
def test_what_cannot_be_answered_is_refused(path: bytes, body: bytes, status: bytes) -> None:
    assert answer(path, body)[0].split(b" ", 2)[1] == status
