"""``POST /v1/rerank`` through the lean door."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.embedding_cast import always, speaking
from tests.gateway.harness import Response, gateway
from tests.gateway.test_embeddings import JSON

ASKED = {"model": "m1", "query": "Which?", "documents": ["one", {"text": "two", "page": 2}, "three"]}
RESULTS = [{"index": 1, "relevance_score": 0.25}, {"index": 2, "relevance_score": 0.9}, {"index": 0, "score": 0.5}]


async def rerank(tmp_path: Path, body: Any, *, dialect: str | None = "jina", **asked: Any) -> tuple[Response, Any, Any]:
    async with gateway(tmp_path, always(body), speaking(rerank=dialect)) as one:
        got = await one.call("/v1/rerank", {**ASKED, **asked})
        sent = [json.loads(request.content) for request in one.network.requests]
        return got, sent, one.rows()[0]


async def test_results_come_best_first_cut_to_what_was_asked_for_and_are_booked(tmp_path: Path) -> None:
    body = {"id": "r1", "model": "m1-2026", "results": RESULTS, "usage": {"total_tokens": 9}, "object": "rerank"}
    got, (sent,), row = await rerank(tmp_path, body, top_n=2, return_documents=True, max_chunks_per_doc=3)
    assert got.json == {
        "id": "r1",
        "model": "m1-2026",
        "results": [
            {"index": 2, "relevance_score": 0.9, "document": {"text": "three"}},
            {"index": 0, "relevance_score": 0.5, "document": {"text": "one"}},
        ],
        "usage": {"prompt_tokens": 9, "total_tokens": 9},
    }
    assert sent == {
        "model": "m1",
        "query": "Which?",
        "documents": ["one", "two", "three"],
        "top_n": 2,
        "return_documents": True,
        "max_chunks_per_doc": 3,
    }
    assert (row.endpoint, row.input, row.usage_basis) == ("rerank", 9, "vendor")


async def test_an_object_comes_back_with_all_its_fields(tmp_path: Path) -> None:
    got, _, _ = await rerank(tmp_path, {"results": RESULTS[:1]}, return_documents=True)
    assert got.json["results"][0]["document"] == {"text": "two", "page": 2}
    assert "usage" not in got.json and "id" not in got.json


async def test_search_units_reach_the_app(tmp_path: Path) -> None:
    body = {
        "id": "x",
        "results": RESULTS,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    }
    got, _, row = await rerank(tmp_path, body, dialect="cohere")
    assert got.json["meta"] == body["meta"]
    assert "usage" not in got.json and row.usage_basis == "vendor"


async def test_a_vendor_without_reranking_says_so(tmp_path: Path) -> None:
    got, sent, _ = await rerank(tmp_path, {}, dialect=None)
    assert (got.status, got.json["error"]["code"]) == (400, "unsupported_feature")
    assert "has no reranking" in got.json["error"]["message"] and not sent


@pytest.mark.parametrize(
    "body",
    [
        {"results": []},
        {"results": [{"index": 7, "score": 1}]},
        {"results": [{"index": -1, "score": 1}]},
        {"results": [RESULTS[0], RESULTS[0]]},
        {"results": [{"index": 0}]},
        {"results": [3]},
        b'{"results": [{"index": 0, "score": NaN}]}',
        {"results": None},
        b"<html></html>",
        "text",
    ],
)
async def test_a_ranking_that_does_not_fit_is_the_vendors_fault(tmp_path: Path, body: Any) -> None:
    got, _, _ = await rerank(tmp_path, body)
    assert got.status == 502


async def test_an_error_inside_a_200_is_an_error(tmp_path: Path) -> None:
    got, _, _ = await rerank(tmp_path, {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}})
    assert got.status == 429


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("query", None, "query"),
        ("query", "", "query"),
        ("query", ["a"], "query"),
        ("documents", [], "documents"),
        ("documents", "text", "documents"),
        ("documents", None, "documents"),
        ("documents", ["a", 3], "documents[1]"),
        ("documents", [{"image": "x"}], "documents[0]"),
        ("top_n", 0, "top_n"),
        ("top_n", "2", "top_n"),
        ("top_n", True, "top_n"),
        ("return_documents", "yes", "return_documents"),
        ("model", None, "model"),
    ],
)
async def test_a_malformed_field_is_named(tmp_path: Path, field: str, value: Any, param: str) -> None:
    async with gateway(tmp_path, always({}), speaking(rerank="jina")) as one:
        got = await one.call("/v1/rerank", {**ASKED, field: value})
        assert (got.status, got.json["error"]["param"]) == (400, param)
        assert not one.network.requests


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("top_n", "return_documents", "rank_fields", "parameters"), JSON)
    ),
    query=st.just("q") | JSON,
    documents=st.just(["a", "b"]) | JSON,
    dialect=st.sampled_from(["jina", "cohere", "voyage", "tei", "nvidia", "deepinfra", "bedrock", "vertex", "watsonx"]),
    answered=JSON | st.just({"results": RESULTS[:1]}) | st.just({"scores": [1, 2]}),
)
def test_no_body_at_all_makes_the_gateway_stumble(
    body: dict[str, Any], query: Any, documents: Any, dialect: str, answered: Any
) -> None:
    async def ask() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            async with gateway(Path(folder), always(answered), speaking(rerank=dialect)) as one:
                return await one.call("/v1/rerank", {**body, "model": "m1", "query": query, "documents": documents})

    got = asyncio.run(ask())
    assert got.status != 500 and (got.status == 200 or got.json["error"]["message"])
