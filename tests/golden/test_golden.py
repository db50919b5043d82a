"""Every vendor's golden cases, asked for by an app that speaks OpenAI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.case import Chat, Embeddings, Rerank, Sent
from tests.golden.running import HELLO, TOOL, WEATHER, Stage, contains, golden, slugs, stage
from tests.recorded.oracles import anthropic, openai

CHATTING = [slug for slug in slugs() if (case := golden(slug)) and case.chat]
EMBEDDING = [slug for slug in slugs() if (case := golden(slug)) and case.embeddings]
RANKING = [slug for slug in slugs() if (case := golden(slug)) and case.rerank]
REACHABLE = [slug for slug in slugs() if golden(slug)]


@pytest.mark.parametrize("slug", slugs())
def test_a_vendor_has_golden_cases_for_all_it_offers(slug: str) -> None:
    case = golden(slug)
    assert case is not None, f"write tests/golden/vendors/{slug}.py"
    assert case.chat or case.embeddings or case.rerank


def chat_of(here: Stage) -> Chat:
    assert here.case.chat is not None
    return here.case.chat


@pytest.mark.parametrize("slug", CHATTING)
async def test_a_whole_answer(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        chat = chat_of(here)
        here.play(chat.whole)
        response = await here.ask()
        assert response.status == 200, response.body
        check_said(openai.read(response.body, stream=False), chat)
        here.check_sent(here.case.path)
        if chat.sent_body is not None:
            assert here.last().json == chat.sent_body
        check_booked(here, chat)


@pytest.mark.parametrize("slug", CHATTING)
async def test_a_stream(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        chat = chat_of(here)
        here.play(chat.stream)
        response = await here.ask(stream=True, stream_options={"include_usage": True})
        assert response.status == 200, response.body
        check_said(openai.read(response.body, stream=True), chat)
        assert response.body.rstrip().endswith(b"data: [DONE]")
        here.check_sent(chat.stream_path or here.case.path)
        if chat.stream_sent is not None:
            assert here.last().json == chat.stream_sent
        check_booked(here, chat)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("slug", CHATTING)
async def test_an_app_that_speaks_anthropic_gets_the_same(slug: str, stream: bool, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        chat = chat_of(here)
        here.play(chat.stream if stream else chat.whole)
        question = {"model": here.case.model, "messages": HELLO, "max_tokens": 64, "stream": stream}
        response = await here.gateway.call("/v1/messages", question)
        assert response.status == 200, response.body
        got = anthropic.read(response.body, stream=stream)
        said = got.choice()
        assert (said.text, said.reasoning, said.finish) == (chat.text, chat.reasoning, "end_turn")
        if chat.usage:
            assert got.usage is not None and (got.usage.input, got.usage.output) == chat.usage
        check_booked(here, chat)


@pytest.mark.parametrize("slug", CHATTING)
async def test_a_tool_call(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        chat = chat_of(here)
        here.play(chat.tool_call)
        response = await here.ask(messages=WEATHER, tools=[TOOL])
        if chat.no_tools:
            assert response.status == 400 and "tool" in response.json["error"]["message"].lower()
            return
        assert response.status == 200, response.body
        (tool,) = openai.read(response.body, stream=False).choice().tools
        assert tool.id and tool.name == "get_weather" and json.loads(tool.arguments) == chat.arguments
        if chat.tool_sent is not None:
            assert contains(here.last().json, chat.tool_sent), here.last().json


@pytest.mark.parametrize("slug", CHATTING)
async def test_a_broken_stream(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        chat = chat_of(here)
        here.play(chat.stream, cut_after=chat.broken_after)
        response = await here.ask(stream=True)
        if response.status == 200:  # something had reached the app
            assert openai.read(response.body, stream=True).failed
        else:
            assert response.json["error"]["code"] == "provider_stream_broken"
        (row,) = here.gateway.rows()
        assert row.ended_by == "failed" and row.error_code == "provider_stream_broken"


async def refused(here: Stage, sent: Sent) -> Any:
    """The app's answer when the vendor refuses whatever it offers."""
    case = here.case
    here.play(*[sent] * (2 if case.exchanges else 1))  # what was granted and refused is asked for anew, once
    if case.chat:
        return await here.ask()
    if case.embeddings:
        return await here.gateway.call("/v1/embeddings", {"model": case.model, "input": ["first", "second"]})
    return await here.gateway.call("/v1/rerank", {"model": case.model, "query": "?", "documents": ["Paris", "Berlin"]})


@pytest.mark.parametrize("slug", REACHABLE)
async def test_a_refused_key(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        response = await refused(here, here.case.unauthorized)
        error = response.json["error"]
        assert (response.status, error["code"]) == (502, "provider_credential_rejected"), error
        assert here.case.unauthorized_words in error["message"]
        assert not here.case.token or here.case.token.encode() not in response.body


@pytest.mark.parametrize("slug", REACHABLE)
async def test_a_rate_limit(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        response = await refused(here, here.case.rate_limited)
        error = response.json["error"]
        assert (response.status, error["code"]) == (429, "rate_limit_exceeded"), error
        assert int(response.headers["retry-after"]) >= 1
        if here.case.retry_after is not None:
            assert abs(int(response.headers["retry-after"]) - here.case.retry_after) <= 1


@pytest.mark.parametrize("slug", EMBEDDING)
async def test_embeddings(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        wanted = here.case.embeddings
        assert isinstance(wanted, Embeddings)
        here.play(*([wanted.whole] if isinstance(wanted.whole, Sent) else wanted.whole))
        body = {"model": wanted.model or here.case.model, "input": ["first", "second"]}
        response = await here.gateway.call("/v1/embeddings", body)
        assert response.status == 200, response.body
        assert [row["embedding"] for row in response.json["data"]] == [list(vector) for vector in wanted.vectors]
        here.check_sent(wanted.path)
        if wanted.sent_body is not None:
            assert here.last().json == wanted.sent_body
        (row,) = here.gateway.rows()
        assert wanted.input_usage is None or row.input == wanted.input_usage


@pytest.mark.parametrize("slug", RANKING)
async def test_rerank(slug: str, tmp_path: Path) -> None:
    async with stage(slug, tmp_path) as here:
        wanted = here.case.rerank
        assert isinstance(wanted, Rerank)
        here.play(wanted.whole)
        documents = ["Paris is a city.", "Berlin is a city."]
        body = {"model": wanted.model or here.case.model, "query": "Where is the Louvre?", "documents": documents}
        response = await here.gateway.call("/v1/rerank", body)
        assert response.status == 200, response.body
        results = response.json["results"]
        assert [row["index"] for row in results] == list(wanted.order)
        assert [row["relevance_score"] for row in results] == pytest.approx(list(wanted.scores))
        here.check_sent(wanted.path)
        if wanted.sent_body is not None:
            assert here.last().json == wanted.sent_body


def check_said(got: Any, chat: Chat) -> None:
    said = got.choice()
    assert said.text == chat.text
    assert said.reasoning == chat.reasoning
    assert said.finish == "stop"
    if chat.usage:
        assert (got.usage.input, got.usage.output) == chat.usage


def check_booked(here: Stage, chat: Chat) -> None:
    (row,) = here.gateway.rows()
    assert row.ended_by == "done"
    if chat.usage:
        assert (row.input, row.output, row.usage_basis) == (*chat.usage, "vendor")
    else:
        assert row.usage_basis == "estimated"
