"""``POST /v1/completions`` through the lean door, whole and streamed."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.vendors.base import Quirks
from tests.gateway.embedding_cast import always, speaking
from tests.gateway.harness import DONE, USAGE, Response, frame, gateway, stream
from tests.gateway.test_embeddings import JSON

ASKED = {"model": "m1", "prompt": "Once upon"}


def text(piece: str = " a time", finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    choice = {"text": piece, "index": 0, "logprobs": None, "finish_reason": finish}
    return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m1-2026", "choices": [choice], **more}


def compatible(**facts: Any) -> Any:
    return speaking(**{"completions_path": "/completions", **facts})


async def test_a_whole_reply_reaches_the_app_byte_for_byte_and_is_booked(tmp_path: Path) -> None:
    odd = json.dumps(text(usage=USAGE, odd=1)).encode() + b"\n"
    async with gateway(tmp_path, always(odd), compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "max_tokens": 5, "suffix": "!"})
        assert (got.status, got.body) == (200, odd)
        request = one.network.requests[0]
        assert request.url.path == "/v1/completions"
        assert json.loads(request.content) == {**ASKED, "max_tokens": 5, "suffix": "!"}
        (row,) = one.rows()
    assert (row.endpoint, row.input, row.output, row.finish) == ("completions", 5, 7, "stop")


async def test_without_usage_the_text_is_counted(tmp_path: Path) -> None:
    async with gateway(tmp_path, always(text("x" * 40)), compatible()) as one:
        await one.call("/v1/completions", ASKED)
        (row,) = one.rows()
    assert (row.output, row.usage_basis) == (10, "estimated")


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("cut", [1, 7, 4096])
async def test_a_stream_reaches_the_app_as_it_came_and_usage_only_if_asked_for(
    tmp_path: Path, wanted: bool, cut: int
) -> None:
    usage = frame(text(usage=USAGE) | {"choices": []})
    texts = b"".join(frame(text(piece, None)) for piece in (" a", " time", " there")) + frame(text("", "length"))
    whole = texts + usage + DONE

    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(*(whole[at : at + cut] for at in range(0, len(whole), cut)))

    async with gateway(tmp_path, answer, compatible()) as one:
        options = {"stream_options": {"include_usage": True}} if wanted else {}
        got = await one.call("/v1/completions", {**ASKED, "stream": True, **options})
        assert got.body == texts + (usage if wanted else b"") + DONE
        assert json.loads(one.network.requests[0].content)["stream_options"] == {"include_usage": True}
        (row,) = one.rows()
    assert (row.input, row.output, row.finish, row.ended_by) == (5, 7, "length", "done")


async def test_text_of_a_stream_without_usage_is_counted(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(*(frame(text("x" * 8, None)) for _ in range(10)), frame(text("", "stop")), DONE)

    async with gateway(tmp_path, answer, compatible()) as one:
        await one.call("/v1/completions", {**ASKED, "stream": True})
        (row,) = one.rows()
    assert (row.output, row.usage_basis) == (20, "estimated")


async def test_a_cut_stream_ends_with_an_error_in_openais_envelope(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(frame(text(" a", None)))

    async with gateway(tmp_path, answer, compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "stream": True})
        (row,) = one.rows()
    assert b'"provider_stream_broken"' in got.body and row.error_code == "provider_stream_broken"


async def test_a_vendor_that_answers_whole_where_a_stream_was_asked_for_becomes_one_frame(tmp_path: Path) -> None:
    body = text(usage=USAGE)
    async with gateway(tmp_path, always(body), compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "stream": True})
        assert got.body.endswith(DONE) and json.loads(got.body.split(b"\n")[0][6:]) == body
        (row,) = one.rows()
    assert (row.input, row.output) == (5, 7)


async def test_an_error_in_a_stream_before_its_first_frame_keeps_its_status(tmp_path: Path) -> None:
    limited = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}

    async def answer(request: httpx.Request) -> httpx.Response:
        return stream(frame(limited), DONE)

    async with gateway(tmp_path, answer, compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "stream": True})
    assert got.status == 429
    async with gateway(tmp_path / "whole", always(limited), compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "stream": True})
    assert got.status == 429


@pytest.mark.parametrize("body", [{}, {"choices": 1}, b"", b"<html>", [], {"error": {"message": "?"}}])
async def test_a_reply_without_choices_is_the_vendors_fault(tmp_path: Path, body: Any) -> None:
    async with gateway(tmp_path, always(body), compatible()) as one:
        got = await one.call("/v1/completions", ASKED)
    assert got.status == 502


async def test_quirks_rename_and_drop_but_max_tokens_keeps_its_name(tmp_path: Path) -> None:
    quirks = Quirks(
        rename={"seed": "random_seed", "max_tokens": "max_completion_tokens"},
        drop=frozenset({"user"}),
        usage_in_stream="never",
    )
    async with gateway(tmp_path, always(text()), compatible(quirks=quirks)) as one:
        await one.call("/v1/completions", {**ASKED, "seed": 1, "max_tokens": 2, "user": "me"})
        assert json.loads(one.network.requests[0].content) == {**ASKED, "random_seed": 1, "max_tokens": 2}
        (row,) = one.rows()
    assert row.dropped == "user"


async def test_a_vendor_without_text_completions_points_to_chat(tmp_path: Path) -> None:
    async with gateway(tmp_path, always({}), compatible(completions_path=None)) as one:
        got = await one.call("/v1/completions", ASKED)
        assert (got.status, got.json["error"]["code"]) == (400, "unsupported_feature")
        assert "/v1/chat/completions" in got.json["error"]["message"] and not one.network.requests


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", None),
        ("prompt", []),
        ("prompt", {}),
        ("prompt", [1, "a"]),
        ("prompt", [[1.5]]),
        ("prompt", 3),
        ("stream", "yes"),
        ("stream_options", []),
        ("model", ""),
    ],
)
async def test_a_malformed_field_is_named(tmp_path: Path, field: str, value: Any) -> None:
    async with gateway(tmp_path, always(text()), compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, field: value})
        assert (got.status, got.json["error"]["param"]) == (400, field)


@pytest.mark.parametrize("prompt", ["", ["a", "b"], [1, 2], [[1], [2]]])
async def test_every_form_of_prompt_goes_on_as_it_came(tmp_path: Path, prompt: Any) -> None:
    async with gateway(tmp_path, always(text()), compatible()) as one:
        got = await one.call("/v1/completions", {**ASKED, "prompt": prompt})
        assert got.status == 200 and json.loads(one.network.requests[0].content)["prompt"] == prompt


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.fixed_dictionaries({}, optional=dict.fromkeys(("stream_options", "max_tokens", "n"), JSON)),
    prompt=st.just("p") | JSON,
    stream=st.booleans(),
    answered=JSON | st.just(text()) | st.fixed_dictionaries({"choices": JSON}),
)
def test_no_body_at_all_makes_the_gateway_stumble(
    body: dict[str, Any], prompt: Any, stream: bool, answered: Any
) -> None:
    async def ask() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            async with gateway(Path(folder), always(answered), compatible()) as one:
                return await one.call("/v1/completions", {**body, "model": "m1", "prompt": prompt, "stream": stream})

    got = asyncio.run(ask())
    assert got.status != 500
