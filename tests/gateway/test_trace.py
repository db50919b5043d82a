"""Trace context: what an app sent goes on to the vendor as the parent of what the vendor does."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import trace
from gateway.exchange import uuid7
from tests.gateway.harness import completion, gateway, provider, reply

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (PARENT, PARENT),
        (PARENT.upper(), PARENT),
        (f" {PARENT} ", PARENT),
        (PARENT[:-2] + "00", PARENT[:-2] + "00"),
        (PARENT[:-2] + "ff", PARENT),
        ("cc" + PARENT[2:] + "-more", PARENT),  # of a later version, what this one knows is read
        (PARENT + "-more", ""),
        ("ff" + PARENT[2:], ""),
        ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", ""),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01", ""),
        ("", ""),
        ("00-4bf9-00f0-01", ""),
    ],
)
def test_a_header_is_read_as_the_standard_says(sent: str, kept: str) -> None:
    assert trace.read(sent) == kept


@given(st.text(max_size=80))
def test_whatever_is_sent_what_is_kept_is_whole_or_nothing(sent: str) -> None:
    kept = trace.read(sent)
    assert kept == "" or trace.parent(kept) is not None


@given(st.integers(-1, 50), st.integers(-1, 50))
def test_spans_of_a_call_differ_and_are_found_again(one: int, other: int) -> None:
    call = uuid7()
    assert (trace.span_id(call, one) == trace.span_id(call, other)) == (one == other)
    assert len(trace.span_id(call, one)) == 16


async def test_each_attempt_is_the_parent_of_what_its_vendor_does(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return reply({"error": {"message": "no"}}, 500) if len(asked) == 1 else reply(completion())

    both = provider("one"), provider("two")
    async with gateway(tmp_path, answer, *both) as one:
        one.runtime.traces = True
        got = await one.chat(headers=[(b"traceparent", PARENT.encode())])
        assert got.status == 200
        sent = [request.headers["traceparent"] for request in one.network.requests]
        (row,) = one.rows()
    assert row.trace == PARENT
    assert sent == [trace.child(PARENT, row.id, number) for number in range(len(row.attempts))]
    assert len({*sent}) == 2 and all(header.split("-")[1] == PARENT.split("-")[1] for header in sent)


@pytest.mark.parametrize("headers", [[], [(b"traceparent", b"nonsense")]])
async def test_without_a_trace_nothing_is_passed_on(tmp_path: Path, headers: list[tuple[bytes, bytes]]) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    async with gateway(tmp_path, answer) as one:
        await one.chat(headers=headers)
        assert "traceparent" not in one.network.requests[0].headers


async def test_where_no_spans_are_told_the_apps_own_is_passed_on_as_it_came(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    async with gateway(tmp_path, answer) as one:
        await one.chat(headers=[(b"traceparent", PARENT.encode())])
        assert one.network.requests[0].headers["traceparent"] == PARENT


async def test_traces_push_no_other_headers_out_of_the_memory_of_them(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(completion())

    async with gateway(tmp_path, answer) as one:
        for number in range(3):
            await one.chat(headers=[(b"traceparent", f"{PARENT[:-4]}{number:x}{PARENT[-3:]}".encode())])
        assert len(one.runtime.clients._headers) == 1
        assert len({request.headers["traceparent"] for request in one.network.requests}) == 3
