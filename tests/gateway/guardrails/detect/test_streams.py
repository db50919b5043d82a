"""What is found does not depend on where a stream cuts the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.guardrails.detect import BUILT_IN, Entity, Finding, OwnPattern, detect, open_tail
from tests.gateway.guardrails.detect.canaries import CANARIES
from tests.gateway.guardrails.detect.labelled import cases

IN_WORDS = (OwnPattern("project", r"\bPRJ-\d{2,4}\b"), OwnPattern("letters", "[a-c]{3}"))
IN_LINES = (*IN_WORDS, OwnPattern("phrase", r"top\s+secret.{0,5}"))
ENTITIES = BUILT_IN | {Entity.OWN}

_WORDS = (
    "password password: key token= passport born geb. phone order version v PIN: ssn (at) [dot] example a in QQ 12 34 "
    "1111 GB82 WEST 1234 5698 7654 32 x@y.co https://u:p4ss@h.io -----BEGIN RSA PRIVATE KEY----- -----END May 1980 "
    "5, \" ' abc PRJ-12 top secret 密码： 身份证 ١٢٣ sk- eyJ \u200b 84.17.52.211 ::1 = : is hunter2! &x=1 né İ "
    "4111 MIIBOgIBAAJBAKj34GkxFhD90vcN"
)
WORDS = tuple(_WORDS.split())
SEPARATORS = (" ", " ", " ", "", "\n", "\n\n", "  ", "\t", "，", "\u00a0", ", ", ". ", "-", "/", "\u200b" * 9)
PIECES = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(SEPARATORS), st.sampled_from([one.text for one in CANARIES]),
    st.sampled_from([case.text for case in cases()]), st.text(max_size=6), st.text("0123456789 -./+", max_size=12),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), max_size=20
).map(lambda pairs: "".join(word + space for word, space in pairs))


def found_in_pieces(pieces: Iterable[str], own: Sequence[OwnPattern] = ()) -> list[Finding]:
    """What is found when only what ``open_tail`` allows is let go, and nothing of it is kept."""
    found: list[Finding] = []
    held, gone = "", 0
    for piece in pieces:
        held += piece
        cut = len(held) - open_tail(held, ENTITIES, own)
        assert 0 <= cut <= len(held)
        found += [one.shifted(gone) for one in detect(held[:cut], ENTITIES, own)]
        held, gone = held[cut:], gone + cut
    return found + [one.shifted(gone) for one in detect(held, ENTITIES, own)]


def cut_at(text: str, places: Iterable[int]) -> list[str]:
    bounds = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize("own", [(), IN_WORDS, IN_LINES], ids=["none", "in words", "in lines"])
@settings(deadline=None, max_examples=120)
@given(text=TEXTS, places=st.lists(st.integers(0, 2000), max_size=8), every=st.booleans())
def test_a_stream_finds_what_the_whole_text_holds(
    own: Sequence[OwnPattern], text: str, places: list[int], every: bool
) -> None:
    pieces = list(text) if every and len(text) < 150 else cut_at(text, places)
    assert found_in_pieces(pieces, own) == detect(text, ENTITIES, own)
