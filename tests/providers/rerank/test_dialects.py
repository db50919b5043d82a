"""What each dialect of reranking asks, and how what comes back is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Target, Usage
from providers.errors import ContextTooLong, RequestRejected, VendorGarbled
from providers.rerank import RerankCall, dialect
from providers.vendors.base import Quirks
from tests.providers.embeddings.cast import target

ALL = ["bedrock", "cohere", "deepinfra", "jina", "nvidia", "tei", "vertex", "voyage", "watsonx"]
SETTINGS = {"project": "p", "project_id": "p"}


def call(**more: Any) -> RerankCall:
    documents = ("one", {"text": "two", "page": 2}, "three")
    return RerankCall(**{"model": "m1", "query": "Which?", "documents": documents, "top_n": 2, **more})


def asked(name: str, given: RerankCall, at: Target) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    part = dialect(name).write_request(given, at)
    return part.path, json.loads(part.content), part.dropped


TEXTS = ["one", "two", "three"]
WRITTEN: list[tuple[str, str, str, dict[str, Any]]] = [
    ("jina", "m1", "/rerank", {"model": "m1", "query": "Which?", "documents": TEXTS, "top_n": 2}),
    ("cohere", "m1", "/rerank", {"model": "m1", "query": "Which?", "documents": TEXTS, "top_n": 2}),
    ("voyage", "m1", "/rerank", {"model": "m1", "query": "Which?", "documents": TEXTS, "top_k": 2}),
    ("tei", "m1", "/rerank", {"query": "Which?", "texts": TEXTS}),
    (
        "nvidia",
        "nv/m1",
        "/ranking",
        {"model": "nv/m1", "query": {"text": "Which?"}, "passages": [{"text": one} for one in TEXTS]},
    ),
    (
        "deepinfra",
        "o/m1",
        "https://api.deepinfra.com/v1/inference/o/m1",
        {"queries": ["Which?"] * 3, "documents": TEXTS},
    ),
    (
        "bedrock",
        "amazon.rerank-v1:0",
        "/model/amazon.rerank-v1:0/invoke",
        {"query": "Which?", "documents": TEXTS, "top_n": 2},
    ),
    (
        "bedrock",
        "cohere.rerank-v3-5:0",
        "/model/cohere.rerank-v3-5:0/invoke",
        {"api_version": 2, "query": "Which?", "documents": TEXTS, "top_n": 2},
    ),
    (
        "watsonx",
        "m1",
        "/ml/v1/text/rerank",
        {
            "model_id": "m1",
            "project_id": "p",
            "query": "Which?",
            "inputs": [{"text": one} for one in TEXTS],
            "parameters": {"return_options": {"top_n": 2}},
        },
    ),
    (
        "vertex",
        "semantic-ranker-default@latest",
        "https://discoveryengine.googleapis.com/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank",
        {
            "model": "semantic-ranker-default@latest",
            "query": "Which?",
            "records": [{"id": str(place), "content": one} for place, one in enumerate(TEXTS)],
            "ignoreRecordDetailsInResponse": True,
            "topN": 2,
        },
    ),
]


@pytest.mark.parametrize(("name", "model", "path", "body"), WRITTEN)
def test_what_is_asked(name: str, model: str, path: str, body: dict[str, Any]) -> None:
    assert asked(name, call(), target(model, settings=SETTINGS)) == (path, body, ())


@pytest.mark.parametrize(("name", "model"), [("jina", "m1"), ("cohere", "m1")])
def test_fields_of_the_app_go_on_to_who_may_know_them(name: str, model: str) -> None:
    at = target(model, quirks=Quirks(drop=frozenset({"user"})))
    _, body, _ = asked(name, call(extra={"max_tokens_per_doc": 9}), at)
    assert body["max_tokens_per_doc"] == 9


def test_what_a_vendor_refuses_is_dropped_and_named() -> None:
    _, body, dropped = asked("jina", call(extra={"user": "me"}), target(quirks=Quirks(drop=frozenset({"user"}))))
    assert "user" not in body and dropped == ("user",)
    assert asked("tei", call(extra={"rank_fields": ["a"], "raw_scores": True}), target())[2] == ("rank_fields",)


def test_coheres_first_version_takes_objects_and_the_second_texts() -> None:
    given = call(extra={"rank_fields": ["text"]})
    _, body, dropped = asked("cohere", given, target(rerank_path="/v1/rerank"))
    assert body["documents"][1] == {"text": "two", "page": 2} and body["rank_fields"] == ["text"] and not dropped
    _, body, dropped = asked("cohere", given, target(rerank_path="/v2/rerank"))
    assert body["documents"] == TEXTS and dropped == ("rank_fields",)


def test_nvidias_hosted_models_have_addresses_of_their_own() -> None:
    at = target("nvidia/rerank-1.5-b", rerank_path="https://ai.api.nvidia.com/v1/retrieval/{model}/reranking")
    path, body, _ = asked("nvidia", call(), at)
    assert path == "https://ai.api.nvidia.com/v1/retrieval/nvidia/rerank-1_5-b/reranking"
    assert body["model"] == "nvidia/rerank-1.5-b"
    with pytest.raises(RequestRejected):
        asked("nvidia", call(), target("nvidia//x"))


def rows(index: str, score: str) -> list[dict[str, Any]]:
    return [{index: 0, score: 0.1}, {index: 2, score: 3}, {index: 1, score: -1.5}]


ANSWERS: list[tuple[str, Any, Usage | None]] = [
    ("jina", {"results": rows("index", "relevance_score"), "usage": {"total_tokens": 5}}, Usage(input=5)),
    ("jina", {"results": rows("index", "relevance_score"), "usage": {"prompt_tokens": 5}}, Usage(input=5)),
    ("jina", {"results": rows("index", "score"), "meta": {"tokens": {"input_tokens": 5}}}, Usage(input=5)),
    ("jina", {"output": {"results": rows("index", "relevance_score")}, "usage": {"total_tokens": 5}}, Usage(input=5)),
    ("voyage", {"data": rows("index", "relevance_score"), "usage": {"total_tokens": 5}}, Usage(input=5)),
    ("tei", rows("index", "score"), None),
    ("nvidia", {"rankings": rows("index", "logit")}, None),
    ("deepinfra", {"scores": [0.1, -1.5, 3], "input_tokens": 5}, Usage(input=5)),
    ("watsonx", {"results": rows("index", "score"), "input_token_count": 5}, Usage(input=5)),
    ("bedrock", {"results": rows("index", "relevance_score")}, None),
    ("vertex", {"records": [{**one, "id": str(one["id"])} for one in rows("id", "score")]}, None),
]


@pytest.mark.parametrize(("name", "body", "usage"), ANSWERS)
def test_answers_are_read_best_first_and_cut(name: str, body: Any, usage: Usage | None) -> None:
    reply = dialect(name).read_reply(json.dumps(body).encode(), call(), target())
    assert [(one.index, one.score) for one in reply.results] == [(2, 3), (0, 0.1)]
    assert reply.usage == usage


def test_search_units_are_read_and_the_rest_is_kept() -> None:
    body = {"id": "x", "results": rows("index", "relevance_score"), "meta": {"billed_units": {"search_units": 1}}}
    reply = dialect("cohere").read_reply(json.dumps(body).encode(), call(), target())
    assert (reply.searches, reply.id, reply.extra) == (1, "x", {"meta": body["meta"]})


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'[{"index": 9, "score": 1}]', b'{"scores": ["a"]}'])
def test_what_is_no_ranking_is_garbled(name: str, body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        dialect(name).read_reply(body, call(), target())


def test_another_number_of_scores_is_garbled() -> None:
    with pytest.raises(VendorGarbled):
        dialect("deepinfra").read_reply(b'{"scores": [1, 2]}', call(), target())


@pytest.mark.parametrize("name", ALL)
def test_an_error_inside_a_200_is_read(name: str) -> None:
    body = b'{"error": {"message": "the input exceeds the context length"}}'
    with pytest.raises(ContextTooLong):
        dialect(name).read_reply(body, call(), target())


@pytest.mark.parametrize("name", ["nosuch", "base", "reading"])
def test_an_unknown_dialect_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        dialect(name)
