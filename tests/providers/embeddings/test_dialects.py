"""What each dialect asks, and how it reads what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Usage
from providers.embeddings import dialect
from providers.errors import (
    ContextTooLong,
    QuotaExceeded,
    RequestRejected,
    SwitchboardError,
    UnsupportedFeature,
    VendorGarbled,
)
from providers.vendors.base import Quirks
from tests.providers.embeddings.cast import call, read, target, vectors, written

ALL = [
    "bedrock",
    "cohere",
    "gemini",
    "huggingface",
    "jina",
    "minimax",
    "nvidia",
    "ollama",
    "openai",
    "tei",
    "vertex",
    "voyage",
    "watsonx",
]
TWO = [[0.5, -0.25], [0.125, 1.0]]
TITAN = "amazon.titan-embed-text-v2:0"


def model_of(name: str) -> str:
    return TITAN if name == "bedrock" else "m1"


@pytest.mark.parametrize("name", ALL)
def test_a_dialect_has_its_files_name(name: str) -> None:
    assert dialect(name).name == name


@pytest.mark.parametrize("name", ["nosuch", "base", "reading"])
def test_an_unknown_dialect_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        dialect(name)


# --- what is asked -------------------------------------------------------------------------------

ASKED: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("openai", "m1", {"input_type": "x", "extra": {"odd": 1}}, "/embeddings", {"input_type": "x", "odd": 1}),
    ("openai", "m1", {"encoding": "base64", "user": "me"}, "/embeddings", {"encoding_format": "base64", "user": "me"}),
    ("nvidia", "m1", {}, "/embeddings", {"input_type": "passage"}),
    ("nvidia", "m1", {"input_type": "search_query"}, "/embeddings", {"input_type": "query"}),
    (
        "jina",
        "m1",
        {"encoding": "base64", "input_type": "query", "dimensions": 2, "extra": {"late_chunking": True}},
        "/embeddings",
        {"embedding_type": "base64", "task": "retrieval.query", "dimensions": 2, "late_chunking": True},
    ),
    (
        "voyage",
        "m1",
        {"encoding": "float", "input_type": "search_document", "dimensions": 2, "extra": {"truncation": False}},
        "/embeddings",
        {"input_type": "document", "output_dimension": 2, "truncation": False},
    ),
    ("voyage", "m1", {"encoding": "base64"}, "/embeddings", {"encoding_format": "base64"}),
]


@pytest.mark.parametrize(("name", "model", "more", "path", "fields"), ASKED)
def test_dialects_near_openai(name: str, model: str, more: dict[str, Any], path: str, fields: dict[str, Any]) -> None:
    part, (body,) = written(name, call(**more), target(model))
    assert part.path == path
    assert body == {"model": model, "input": ["first", "second"], **fields}


def test_gemini_asks_in_one_batch() -> None:
    asked = call(dimensions=2, input_type="query", extra={"odd": 1})
    part, (body,) = written("gemini", asked, target("gemini-embedding-001"))
    assert part.path == "/models/gemini-embedding-001:batchEmbedContents" and part.dropped == ("odd",)
    assert body["requests"][1] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "second"}]},
        "taskType": "RETRIEVAL_QUERY",
        "outputDimensionality": 2,
    }


def test_gemini_asks_for_one_text_where_the_path_says_so() -> None:
    at = target(embeddings_path="/models/{model}:embedContent")
    part, (body,) = written("gemini", call("one"), at)
    assert part.path.endswith(":embedContent") and body["content"] == {"parts": [{"text": "one"}]}
    part, (body,) = written("gemini", call(), at)
    assert part.path.endswith(":batchEmbedContents") and len(body["requests"]) == 2


def test_vertex_takes_one_text_a_request_of_geminis_models() -> None:
    settings = {"project": "p", "location": "eu"}
    asked = call(dimensions=2, extra={"task_type": "RETRIEVAL_QUERY"})
    part, bodies = written("vertex", asked, target("gemini-embedding-001", settings=settings))
    assert part.path == "/projects/p/locations/eu/publishers/google/models/gemini-embedding-001:predict"
    assert bodies[1] == {
        "instances": [{"content": "second", "task_type": "RETRIEVAL_QUERY"}],
        "parameters": {"outputDimensionality": 2},
    }
    _, bodies = written("vertex", call(), target("text-embedding-005", settings=settings))
    assert bodies == [{"instances": [{"content": "first"}, {"content": "second"}]}]


def test_cohere_is_told_what_the_texts_are_for() -> None:
    part, (body,) = written("cohere", call(dimensions=2, user="me", extra={"truncate": "END"}), target())
    assert (part.path, part.dropped) == ("/v2/embed", ("user",))
    assert body == {
        "model": "m1",
        "texts": ["first", "second"],
        "input_type": "search_document",
        "embedding_types": ["float"],
        "output_dimension": 2,
        "truncate": "END",
    }
    _, (body,) = written("cohere", call(input_type="query", extra={"embedding_types": ["int8"]}), target())
    assert body["input_type"] == "search_query" and body["embedding_types"] == ["int8"]
    with pytest.raises(UnsupportedFeature):
        written("cohere", call(extra={"embedding_types": ["int8", "float"]}), target())


def test_ollama_takes_a_list_and_its_older_path_one_text() -> None:
    part, (body,) = written("ollama", call(dimensions=2, extra={"keep_alive": "5m"}), target())
    assert part.path == "/api/embed"
    assert body == {"model": "m1", "input": ["first", "second"], "dimensions": 2, "keep_alive": "5m"}
    part, bodies = written("ollama", call(), target(embeddings_path="/api/embeddings"))
    assert [one["prompt"] for one in bodies] == ["first", "second"]


def test_tei_names_no_model_and_takes_numbers() -> None:
    part, bodies = written("tei", call("a", (1, 2), extra={"normalize": False}), target())
    assert (part.path, bodies) == ("/embed", [{"inputs": ["a", [1, 2]], "normalize": False}])


def test_hugging_face_has_the_models_slashes_in_its_address() -> None:
    part, (body,) = written("huggingface", call("a"), target("thenlper/gte-large"))
    assert part.path.endswith("/models/thenlper/gte-large/pipeline/feature-extraction") and body == {"inputs": ["a"]}
    with pytest.raises(RequestRejected):
        written("huggingface", call("a"), target("../secrets"))


def test_watsonx_names_the_project() -> None:
    _, (body,) = written("watsonx", call(), target(settings={"project_id": "p"}))
    assert body == {"model_id": "m1", "project_id": "p", "inputs": ["first", "second"]}


def test_minimax_is_told_which_side_of_a_search_it_is() -> None:
    part, (body,) = written("minimax", call(input_type="query"), target(settings={"group_id": "7"}))
    assert part.path == "/embeddings?GroupId=7" and body == {
        "model": "m1",
        "type": "query",
        "texts": ["first", "second"],
    }


@pytest.mark.parametrize(
    ("model", "more", "bodies"),
    [
        ("amazon.titan-embed-text-v1", {}, [{"inputText": "first"}, {"inputText": "second"}]),
        (TITAN, {"dimensions": 256}, [{"inputText": text, "dimensions": 256} for text in ("first", "second")]),
        (
            "us.cohere.embed-v4:0",
            {"dimensions": 256, "input_type": "query"},
            [{"texts": ["first", "second"], "input_type": "search_query", "output_dimension": 256}],
        ),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            {"dimensions": 256},
            [
                {
                    "taskType": "SINGLE_EMBEDDING",
                    "singleEmbeddingParams": {
                        "embeddingPurpose": "GENERIC_INDEX",
                        "text": {"truncationMode": "NONE", "value": text},
                        "embeddingDimension": 256,
                    },
                }
                for text in ("first", "second")
            ],
        ),
    ],
)
def test_bedrock_has_a_body_for_each_family(model: str, more: dict[str, Any], bodies: list[Any]) -> None:
    part, found = written("bedrock", call(**more), target(model))
    assert part.path == f"/model/{model}/invoke" and found == bodies


def test_bedrock_refuses_what_it_has_no_body_for() -> None:
    with pytest.raises(UnsupportedFeature):
        written("bedrock", call(), target("twelvelabs.marengo"))
    with pytest.raises(UnsupportedFeature):
        written("bedrock", call(dimensions=2), target("amazon.titan-embed-text-v1"))


@pytest.mark.parametrize("name", ["huggingface", "minimax", "watsonx"])
def test_a_length_the_vendor_cannot_give_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedFeature):
        written(name, call(dimensions=2), target())


@pytest.mark.parametrize("name", sorted(set(ALL) - {"openai", "nvidia", "jina", "voyage", "tei"}))
def test_a_tokenizers_numbers_are_refused_where_only_texts_are_taken(name: str) -> None:
    with pytest.raises(UnsupportedFeature, match="texts only"):
        written(name, call((1, 2)), target(model_of(name)))


def test_what_a_vendor_refuses_is_renamed_or_dropped() -> None:
    quirks = Quirks(rename={"dimensions": "output_dimension"}, drop=frozenset({"user", "encoding_format"}))
    asked = call(dimensions=2, user="me", encoding="base64")
    part, (body,) = written("openai", asked, target(quirks=quirks))
    assert body == {"model": "m1", "input": ["first", "second"], "output_dimension": 2}
    assert part.dropped == ("user",), "the app gets the encoding all the same"


@pytest.mark.parametrize(
    ("name", "most"), [("openai", 2048), ("cohere", 96), ("gemini", 100), ("voyage", 1000), ("tei", 32)]
)
def test_more_inputs_than_a_vendor_takes_become_several_requests(name: str, most: int) -> None:
    texts = [str(number) for number in range(most + 1)]
    assert len(dialect(name).write_requests(call(*texts[:most]), target())) == 1
    assert len(dialect(name).write_requests(call(*texts), target())) == 2


def test_a_purpose_is_named_where_nobody_hears_it() -> None:
    for name, model in (("tei", "m1"), ("ollama", "m1"), ("bedrock", TITAN)):
        assert written(name, call(input_type="query", extra={"truncate": None}), target(model))[0].dropped == (
            "input_type",
        )
    heard = call(input_type="query", extra={"truncate": "END"})
    assert not written("bedrock", heard, target("amazon.nova-2-multimodal-embeddings-v1:0"))[0].dropped


# --- what comes back -----------------------------------------------------------------------------

ROWS = [{"index": place, "embedding": one} for place, one in enumerate(TWO)]
PLAIN = {"data": ROWS, "usage": {"total_tokens": 4}}

ANSWERS: list[tuple[str, str, list[Any], int | None]] = [
    ("openai", "m1", [{"data": ROWS, "usage": {"prompt_tokens": 4, "total_tokens": 4}}], 4),
    ("openai", "m1", [{"data": ROWS[::-1], "usage": None}], None),
    ("openai", "m1", [{"data": [{"embedding": one} for one in TWO]}], None),
    ("nvidia", "m1", [PLAIN], 4),
    ("jina", "m1", [PLAIN], 4),
    ("voyage", "m1", [PLAIN], 4),
    ("gemini", "m1", [{"embeddings": [{"values": one} for one in TWO], "usageMetadata": {"promptTokenCount": 4}}], 4),
    ("gemini", "m1", [{"embedding": {"values": one}} for one in TWO], None),
    (
        "vertex",
        "m1",
        [{"predictions": [{"embeddings": {"values": one, "statistics": {"token_count": 2}}} for one in TWO]}],
        4,
    ),
    ("cohere", "m1", [{"embeddings": {"float": TWO}, "meta": {"billed_units": {"input_tokens": 4}}}], 4),
    ("cohere", "m1", [{"embeddings": TWO, "meta": {"tokens": {"input_tokens": 4.0}}}], 4),
    ("ollama", "m1", [{"embeddings": TWO, "prompt_eval_count": 4}], 4),
    ("ollama", "m1", [{"embedding": one} for one in TWO], None),
    ("tei", "m1", [TWO], None),
    ("huggingface", "m1", TWO, None),
    ("watsonx", "m1", [{"results": [{"embedding": one} for one in TWO], "input_token_count": 4}], 4),
    ("minimax", "m1", [{"vectors": TWO, "total_tokens": 4, "base_resp": {"status_code": 0, "status_msg": ""}}], 4),
    ("bedrock", TITAN, [{"embedding": one, "inputTextTokenCount": 2} for one in TWO], 4),
    ("bedrock", "cohere.embed-english-v3", [{"embeddings": TWO, "response_type": "embeddings_floats"}], None),
    ("bedrock", "us.cohere.embed-v4:0", [{"embeddings": {"float": TWO}}], None),
    (
        "bedrock",
        "amazon.nova-2-multimodal-embeddings-v1:0",
        [{"embeddings": [{"embedding": one}]} for one in TWO],
        None,
    ),
]


@pytest.mark.parametrize(("name", "model", "bodies", "input"), ANSWERS)
def test_answers_are_read(name: str, model: str, bodies: list[Any], input: int | None) -> None:
    reply = read(name, call(), target(model), *bodies)
    assert vectors(reply) == TWO
    assert reply.usage == (None if input is None else Usage(input=input))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("body", [b"", b"<html>", {}, [], {"data": [{"embedding": [1]}]}, [[1.0]], None, {"a": [1]}])
def test_a_reply_with_another_number_of_vectors_is_garbled(name: str, body: Any) -> None:
    with pytest.raises(VendorGarbled):
        read(name, call(), target(model_of(name)), body)


@pytest.mark.parametrize("name", ALL)
def test_an_error_inside_a_200_is_read(name: str) -> None:
    with pytest.raises(ContextTooLong):
        read(name, call(), target(model_of(name)), {"error": {"message": "the input exceeds the context length"}})


def test_minimaxs_verdict_is_read() -> None:
    verdict = {"status_code": 1008, "status_msg": "insufficient balance"}
    with pytest.raises(QuotaExceeded):
        read("minimax", call(), target(), {"vectors": None, "base_resp": verdict})


def test_usage_of_several_replies_is_known_only_if_all_told() -> None:
    told = [{"embedding": one, "inputTextTokenCount": count} for one, count in zip(TWO, (2, None), strict=True)]
    assert read("bedrock", call(), target(TITAN), *told).usage is None


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("word", ["search_query", "", "odd", "RETRIEVAL_QUERY", "clustering", "semantic_similarity"])
def test_any_word_for_a_purpose_can_be_written(name: str, word: str) -> None:
    for more in ({"input_type": word}, {"extra": {"task": word}}, {"extra": {"task_type": [word]}}):
        try:
            _, bodies = written(name, call(**more), target(model_of(name)))
        except SwitchboardError as error:
            pytest.fail(f"{error}")
        assert json.dumps(bodies)
