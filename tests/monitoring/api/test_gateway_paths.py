"""The gateway's own endpoints in the schema: each that there is, and what it really answers is of the told shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from django.test import Client

from gateway.api.urls import urlpatterns
from gateway.usage_kept import KeptUsage, Read
from gateway.usage_source import KeyUsage
from monitoring.api.gateway_paths import PATHS
from monitoring.api.gateway_shapes import SHAPES
from tests.gateway.embedding_cast import VECTORS, always, openai_reply, speaking
from tests.gateway.harness import chunk, completion, gateway, provider, reply, stream
from tests.gateway.test_messages import MESSAGE
from tests.monitoring.api.cast import Asker, Cast
from tests.monitoring.metrics.cast import process, scrape

CHAT = {"model": "m1", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGES = {**CHAT, "max_tokens": 64}
TEXT_COMPLETION = {
    "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m1", "choices": [{"index": 0, "text": "Hi"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip
RANKED = {"results": [{"index": 1, "relevance_score": 0.25}], "usage": {"total_tokens": 9}}
JUDGED = {"results": [{"flagged": True, "categories": {"violence": True}, "category_scores": {"violence": 0.8}}]}


def fits(shape: dict[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator({**shape, "components": {"schemas": SHAPES}}).validate(value)


def check(path: str, method: str, got: Any, asked: Any = None) -> None:
    """The answer is what is told for its status, and the question too."""
    told = PATHS[path][method]
    answers = told["responses"][str(got.status)]["content"]
    media = got.headers["content-type"].partition(";")[0]
    assert media in answers
    if media == "application/json":
        fits(answers[media]["schema"], got.json)
    if asked is not None and got.status == 200:
        fits(told["requestBody"]["content"]["application/json"]["schema"], asked)


def test_every_address_of_the_lean_door_is_told_and_no_other() -> None:
    real = {"/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", str(one.pattern)).strip("^$") for one in urlpatterns}
    assert set(PATHS) == real | {"/metrics", "/api/routing/explain"}


@pytest.mark.parametrize(
    ("path", "answer", "maker", "asked"),
    [
        ("/v1/chat/completions", completion(), {}, CHAT),
        ("/v1/chat/completions", completion(), {}, {**CHAT, "temperature": 0.5, "tools": [], "stream": None}),
        ("/v1/completions", TEXT_COMPLETION, {"completions_path": "/completions"}, {"model": "m1", "prompt": "Once"}),
        ("/v1/embeddings", openai_reply(VECTORS), {"embeddings": "openai"}, {"model": "m1", "input": ["a", "b"]}),
        (
            "/v1/rerank",
            RANKED,
            {"rerank": "jina"},
            {"model": "m1", "query": "Which?", "documents": ["a", {"text": "b"}]},
        ),
        ("/v1/moderations", JUDGED, {"moderations": "openai"}, {"model": "m1", "input": "Die!"}),
        ("/v1/messages", completion(), {}, MESSAGES),
        ("/v1/messages/count_tokens", {}, {}, CHAT),
    ],
)
async def test_an_answer_is_of_the_told_shape(
    tmp_path: Path, path: str, answer: Any, maker: dict[str, Any], asked: Any
) -> None:
    async with gateway(tmp_path, always(answer), speaking(**maker)) as one:
        check(path, "post", await one.call(path, asked), asked)


async def test_anthropics_own_answer_is_of_the_told_shape(tmp_path: Path) -> None:
    async with gateway(tmp_path, always(MESSAGE), provider(vendor_slug="anthropic")) as one:
        check("/v1/messages", "post", await one.call("/v1/messages", MESSAGES), MESSAGES)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_stream_is_told(tmp_path: Path, path: str) -> None:
    async def streamed(request: httpx.Request) -> httpx.Response:
        return stream(chunk("Hi"), chunk(finish="stop"), b"data: [DONE]\n\n")

    async with gateway(tmp_path, streamed) as one:
        check(path, "post", await one.call(path, {**MESSAGES, "stream": True}))


@pytest.mark.parametrize("path", [path for path in PATHS if "post" in PATHS[path] and path.startswith("/v1")])
@pytest.mark.parametrize(
    ("body", "key", "status"),
    [(b"{", "sk-sb-test", 400), ({"model": "m1"}, "wrong", 401), ({"model": "none"}, "sk-sb-test", (400, 404))],
)
async def test_a_refusal_is_of_the_told_shape(tmp_path: Path, path: str, body: Any, key: str, status: Any) -> None:
    async with gateway(tmp_path, always(completion())) as one:
        got = await one.call(path, body, key=key)
    assert got.status in (status if isinstance(status, tuple) else (status,))
    check(path, "post", got)


@pytest.mark.parametrize("status", [401, 429, 500, 529])
async def test_a_vendors_failure_is_of_the_told_shape(tmp_path: Path, status: int) -> None:
    async def fails(request: httpx.Request) -> httpx.Response:
        return reply({"error": {"message": "No.", "code": "oops"}}, status)

    async with gateway(tmp_path, fails) as one:
        got = await one.call("/v1/chat/completions", CHAT)
        check("/v1/chat/completions", "post", got)
        assert got.status != 429 or got.headers["retry-after"]
        assert "provider" in got.json["error"]


async def test_what_is_read_is_of_the_told_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.api import usage

    spent = KeyUsage(requests=3, input=10, output=5, cost_nano=1_500_000, unknown=1, saved_nano=7)
    kept = KeptUsage(reader=lambda *_: Read(today=spent, month=None))
    monkeypatch.setattr(usage, "kept_usage", lambda: kept)
    async with gateway(tmp_path, always(completion())) as one:
        for path in ("/v1/models", "/v1/usage", "/healthz", "/readyz"):
            got = await one.call(path, method="GET")
            assert got.status == 200, got.body
            check(path, "get", got)
        check("/v1/models/{model}", "get", await one.call("/v1/models/m1", method="GET"))
        check("/v1/models/{model}", "get", await one.call("/v1/models/none", method="GET"))
        for path in ("/v1/models", "/v1/usage", "/healthz", "/readyz"):
            check(path, "get", await one.call(path, method="DELETE"))


async def test_a_scrape_is_of_the_told_shape(tmp_path: Path) -> None:
    openmetrics = ("accept", "application/openmetrics-text;version=1.0.0")
    async with process(tmp_path) as it:
        for got, status in (
            (await scrape(it.door), 200),
            (await scrape(it.door, headers=[openmetrics]), 200),
            (await scrape(it.door, key="wrong"), 401),
            (await scrape(it.door, method="POST"), 405),
        ):
            assert got.status == status
            media = got.headers["content-type"].partition(";")[0]
            assert media in PATHS["/metrics"]["get"]["responses"][str(status)]["content"]


def test_an_explanation_is_of_the_told_shape(cast: Cast) -> None:
    told = PATHS["/api/routing/explain"]["post"]["responses"]
    root = Asker(cast.keys["root"])
    for asked, status in (
        ({"request": {**CHAT, "model": "gpt-4o"}}, 200),
        ({"request": {**CHAT, "model": "none"}}, 200),
        ({}, 400),
        ({"log_id": "018f0000-0000-7000-8000-000000000000"}, 404),
    ):
        got, body = root.post("/api/routing/explain", asked)
        assert got == status
        fits(told[str(status)]["content"]["application/json"]["schema"], body)
    reply = Client().post("/api/routing/explain", "{}", content_type="application/json")
    fits(told["401"]["content"]["application/json"]["schema"], json.loads(reply.content))
