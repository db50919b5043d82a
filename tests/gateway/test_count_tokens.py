"""How much a message would be: the vendor's own count where it has one, else an estimate that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.harness import gateway, provider, reply

PATH = "/v1/messages/count_tokens"
BODY: dict[str, Any] = {"model": "m1", "messages": [{"role": "user", "content": "x" * 400}]}


def claude(**more: Any) -> Any:
    return provider("claude", vendor_slug="anthropic", base_url="http://claude.test", **more)


async def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nobody is asked")


async def test_anthropic_counts_itself_and_nothing_is_billed(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"input_tokens": 123})

    async with gateway(tmp_path, answer, claude()) as one:
        got = await one.call(PATH, BODY, headers=[(b"anthropic-beta", b"token-counting-2024-11-01")])
        assert (got.status, got.json) == (200, {"input_tokens": 123})
        assert got.headers["x-switchboard-usage-basis"] == "vendor"
        request = one.network.requests[0]
        assert request.url.path == "/v1/messages/count_tokens"
        assert request.headers["anthropic-beta"] == "token-counting-2024-11-01"
        assert json.loads(request.content) == BODY
        (row,) = one.rows()
    assert (row.endpoint, row.ended_by, row.input, row.output) == ("messages.count_tokens", "done", 0, 0)


async def test_elsewhere_it_is_estimated_without_asking_anybody(tmp_path: Path) -> None:
    async with gateway(tmp_path, never) as one:
        got = await one.call(PATH, {**BODY, "tools": []})
        assert (got.status, got.json) == (200, {"input_tokens": 100})
        assert got.headers["x-switchboard-usage-basis"] == "estimated"
        assert one.rows() == []


@pytest.mark.parametrize("status", [404, 405, 500, 529, 401])
async def test_a_vendor_that_cannot_count_leaves_an_estimate(tmp_path: Path, status: int) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"detail": "Not Found"}, status)

    async with gateway(tmp_path, answer, claude()) as one:
        got = await one.call(PATH, BODY)
    assert (got.status, got.headers["x-switchboard-usage-basis"]) == (200, "estimated")


@pytest.mark.parametrize(("status", "kind"), [(400, "invalid_request_error"), (404, "not_found_error")])
async def test_a_wrong_request_is_not_estimated(tmp_path: Path, status: int, kind: str) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"type": "error", "error": {"type": kind, "message": "model: claude-none"}}, status)

    async with gateway(tmp_path, answer, claude()) as one:
        got = await one.call(PATH, BODY)
    assert (got.status, got.json["error"]["type"]) == (status, kind)


@pytest.mark.parametrize(
    "body", [{"model": "m1"}, {"messages": []}, {**BODY, "messages": [{"role": "user", "content": 5}]}]
)
async def test_a_malformed_request_is_refused_in_anthropics_envelope(tmp_path: Path, body: Any) -> None:
    async with gateway(tmp_path, never) as one:
        got = await one.call(PATH, body)
    assert (got.status, got.json["type"], got.json["error"]["type"]) == (400, "error", "invalid_request_error")


async def test_a_garbled_count_is_estimated(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(b"[1]")

    async with gateway(tmp_path, answer, claude()) as one:
        got = await one.call(PATH, BODY)
    assert (got.json, got.headers["x-switchboard-usage-basis"]) == ({"input_tokens": 100}, "estimated")
