"""``POST /v1/moderations`` through the lean door."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.guardrails.classifiers.here import MOST_CHARACTERS, NAME, answers
from providers.canonical import HttpParts
from providers.moderations.categories import OPENAI
from providers.vendors import vendor
from tests.gateway.embedding_cast import always, speaking
from tests.gateway.harness import SECRET, Response, gateway, key_facts, provider, reply

PATH = "/v1/moderations"
THREAT = "I am going to kill you tonight."
ROW = {"flagged": True, "categories": {"violence": True}, "category_scores": {"violence": 0.8}}
REPLY = {"id": "modr-1", "model": "omni-moderation-2024-09-26", "results": [ROW]}


async def nobody(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing may leave the process")


async def moderate(tmp_path: Path, body: Any, *, dialect: str | None = "openai", **asked: Any) -> Any:
    async with gateway(tmp_path, always(body), speaking(moderations=dialect)) as one:
        got = await one.call(PATH, {"model": "m1", "input": "Die!", **asked})
        return got, [json.loads(request.content) for request in one.network.requests], one.rows()[0]


async def here(tmp_path: Path, body: dict[str, Any], **more: Any) -> tuple[Response, Any]:
    async with gateway(tmp_path, nobody, provider(), **more) as one:
        got = await one.call(PATH, body)
        return got, one.rows()[0]


async def test_a_vendors_verdict_comes_back_in_openais_shape_and_is_booked(tmp_path: Path) -> None:
    got, (sent,), row = await moderate(tmp_path, REPLY, user="u1")
    assert sent == {"model": "m1", "input": "Die!", "user": "u1"}
    assert (got.status, got.json["id"], got.json["model"]) == (200, "modr-1", "omni-moderation-2024-09-26")
    (result,) = got.json["results"]
    assert set(result) == {"flagged", "categories", "category_scores", "category_applied_input_types"}
    assert set(result["categories"]) == set(OPENAI)
    assert (result["category_applied_input_types"]["violence"], result["categories"]["hate"]) == (["text"], False)
    assert (row.endpoint, row.ended_by, row.status, row.provider) == ("moderations", "done", 200, "acme")


async def test_what_openai_takes_nothing_for_costs_nothing(tmp_path: Path) -> None:
    free = replace(
        speaking(moderations="openai"), vendor=vendor("openai"), models=frozenset({"omni-moderation-latest"})
    )
    async with gateway(tmp_path, always(REPLY), free) as one:
        got = await one.call(PATH, {"model": "omni-moderation-latest", "input": "Die!"})
        assert got.status == 200
        (row,) = one.rows()
    assert (row.cost_nano, row.input, row.output) == (0, 0, 0)


async def test_a_conversation_and_an_image_are_understood(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "https://i.test/1.png"}}]
    _, (sent,), _ = await moderate(tmp_path, REPLY, input=parts)
    assert sent["input"] == parts
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "text", "text": "Die"}]}]
    mistral = {"model": "x", "results": [{"categories": {"selfharm": True}, "category_scores": {"selfharm": 0.9}}]}
    got, (sent,), _ = await moderate(tmp_path, mistral, dialect="mistral", input=talk)
    assert sent["input"] == [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Die"}]]
    assert got.json["results"][0]["categories"]["self-harm"] is True


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "m1"}, "input"),
        ({"model": "m1", "input": []}, "input"),
        ({"model": "m1", "input": 7}, "input"),
        ({"model": "m1", "input": ["a", 7]}, "input[0]"),
        ({"model": "m1", "input": [{"type": "audio"}]}, "input[0]"),
        ({"model": "m1", "input": [{"type": "image_url", "image_url": {}}]}, "input[0]"),
        ({"model": "m1", "input": [{"role": 1, "content": "a"}]}, "input[0].role"),
        ({"model": "m1", "input": [{"role": "user", "content": None}]}, "input[0].content"),
        ({"model": "m1", "input": ["a"] * 1001}, "input"),
        ({"model": 7, "input": "a"}, "model"),
        ({"model": "m9", "input": "a"}, "model"),
    ],
)
async def test_bad_input_is_refused_naming_the_field(tmp_path: Path, body: dict[str, Any], param: str) -> None:
    async with gateway(tmp_path, nobody, speaking(moderations="openai")) as one:
        got = await one.call(PATH, body)
    assert got.status in (400, 404)
    assert got.json["error"]["param"] == param


async def test_a_vendor_without_moderation_says_so(tmp_path: Path) -> None:
    got, sent, row = await moderate(tmp_path, REPLY, dialect=None)
    assert (got.status, sent, got.json["error"]["param"]) == (400, [], "model")
    assert "no moderation" in got.json["error"]["message"] and row.ended_by == "failed"


@pytest.mark.parametrize("name", [NAME, None])
async def test_the_lexicon_answers_without_any_upstream_and_is_booked(tmp_path: Path, name: str | None) -> None:
    got, row = await here(tmp_path, {"model": name, "input": [THREAT, "What a lovely day."]})
    assert (got.status, got.json["model"]) == (200, "lexicon")
    first, second = got.json["results"]
    assert first["flagged"] and first["categories"]["harassment/threatening"]
    assert first["category_scores"]["harassment/threatening"] > 0.7
    assert first["category_applied_input_types"]["hate"] == ["text"]
    assert first["category_applied_input_types"]["violence/graphic"] == []
    assert not second["flagged"] and not any(second["category_scores"].values())
    assert (row.endpoint, row.provider, row.model, row.ended_by) == ("moderations", "switchboard", "lexicon", "done")
    assert (row.cost_nano, row.requested_model) == (0, NAME)


async def test_the_lexicon_judges_no_images(tmp_path: Path) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "https://i.test/1.png"}}]
    got, _ = await here(tmp_path, {"model": NAME, "input": parts})
    assert got.status == 400 and got.json["error"]["param"] == "input"


async def test_the_lexicon_refuses_what_would_take_it_too_long() -> None:
    body = json.dumps({"model": "lexicon", "input": ["x" * MOST_CHARACTERS, "y"]}).encode()
    got = await answers(HttpParts(path="/moderations", content=body), {})
    assert got.status == 400


async def test_a_key_may_call_the_lexicon_where_its_models_allow_it(tmp_path: Path) -> None:
    for allowed, status in ((("m1",), 403), ((NAME,), 200), (("switchboard:*",), 200)):
        keys = {SECRET: key_facts(allowed_models=allowed)}
        got, _ = await here(tmp_path, {"model": NAME, "input": THREAT}, keys=keys)
        assert got.status == status


async def test_the_first_provider_with_a_moderation_model_judges_where_none_is_named(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return reply(REPLY)

    asked: list[str] = []
    first = replace(provider("openai", priority=200), vendor=vendor("openai"))
    second = replace(provider("mistral", priority=100), vendor=vendor("mistral"), dispatch="off")
    keys = {SECRET: key_facts(), "sk-sb-few": key_facts(id=2, allowed_models=("switchboard:*",))}
    async with gateway(tmp_path, answer, provider(), first, second, keys=keys) as one:
        assert (await one.call(PATH, {"input": "Die!"})).json["id"] == "modr-1"
        assert (await one.call(PATH, {"input": "Die!"}, key="sk-sb-few")).json["model"] == "lexicon"
        rows = one.rows()
    assert asked == ["openai.test"]
    assert [row.requested_model for row in rows] == ["openai:omni-moderation-latest", NAME]


async def test_the_lexicon_does_not_chat(tmp_path: Path) -> None:
    async with gateway(tmp_path, nobody, provider()) as one:
        await one.call(PATH, {"model": NAME, "input": "Hi"})
        got = await one.chat(model=NAME)
    assert got.status == 400 and "no chat" in got.json["error"]["message"]
