"""Passes: a signed-in person calls as a key without having it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import passes
from gateway.snapshot import KeyFacts
from tests.gateway.harness import Gateway, completion, gateway, key_facts, reply


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


def know(one: Gateway, facts: KeyFacts) -> None:
    one.runtime.snapshots.keys = {b"hash": facts}
    one.runtime.snapshots._hash_of = {facts.id: b"hash"}


async def test_a_pass_calls_as_its_key_and_is_booked_on_it(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        know(one, key_facts(id=7, name="web"))
        got = await one.chat(key=passes.issue(7, "ada"))
        (row,) = one.rows()
    assert got.status == 200 and (row.api_key_id, row.api_key) == (7, "web")


@pytest.mark.parametrize(
    "facts",
    [
        key_facts(id=7, enabled=False),
        key_facts(id=7, expires_at=1.0),
        key_facts(id=8),
        key_facts(id=7, scopes=frozenset({"monitoring"})),
    ],
)
async def test_a_pass_may_no_more_than_its_key(tmp_path: Path, facts: KeyFacts) -> None:
    async with gateway(tmp_path, hello) as one:
        know(one, facts)
        assert (await one.chat(key=passes.issue(7, "ada"))).status in (401, 403)


async def test_a_pass_that_is_over_or_forged_is_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        know(one, key_facts(id=7))
        good = passes.issue(7, "ada")
        for bad in (good[:-1], good + "x", passes.PREFIX, passes.PREFIX + "WzcsImFkYSJd:1:x"):
            got = await one.chat(key=bad)
            assert got.status == 401 and "not made by this Switchboard" in got.json["error"]["message"]
    with pytest.raises(passes.NoPass, match="over"):
        passes.read(good, seconds=-1)


@given(st.integers(0, 2**63), st.text(max_size=60))
def test_what_was_issued_is_read_again(key: int, user: str) -> None:
    assert passes.read(passes.issue(key, user)) == (key, user)


@given(st.text(max_size=100))
def test_whatever_is_sent_as_a_pass_is_refused_in_words(text: str) -> None:
    with pytest.raises(passes.NoPass):
        passes.read(passes.PREFIX + text)
