"""What an app calls its call and its model stands in the log: not where a guardrail would have taken it out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from gateway.guardrails.compiled import Guardrails
from gateway.guardrails.settings import read_settings
from tests.gateway.guardrails.cast import guard
from tests.gateway.harness import gateway, provider, reply

CARD, SSN = "4111111111111111", "536-22-8417"


async def answer(request: httpx.Request) -> httpx.Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
    return reply({"id": "c", "choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


async def row_of(tmp_path: Path, *, model: str = "m1", **headers: str) -> tuple[Any, Any]:
    async with gateway(tmp_path, answer, provider("plain", models=("m1",))) as one:
        snapshots = one.runtime.snapshots
        guards = (guard(settings=read_settings("pii", {})),)
        snapshots.current = replace(snapshots.current, guardrails=Guardrails(guards=guards))
        body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
        got = await one.call(body=body, headers=[(name.encode(), value.encode()) for name, value in headers.items()])
        (row,) = one.rows()
        return got, row


async def test_tags_of_the_app(tmp_path: Path) -> None:
    got, row = await row_of(tmp_path, **{"x-switchboard-tags": f"checkout,{CARD}", "x-session-id": SSN})
    assert got.status == 200
    assert row.tags[0] == "checkout"
    assert len(row.tags) == 2
    assert CARD not in str(row.tags)
    assert SSN not in row.session


async def test_a_model_that_is_none(tmp_path: Path) -> None:
    got, row = await row_of(tmp_path, model="canary@aviary-mail.com")
    assert got.status == 404
    assert "canary@" not in str(row) + got.body.decode()
    got, row = await row_of(tmp_path / "other", model="m2")
    assert row.requested_model == "m2"
