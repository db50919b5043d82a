"""``POST /v1/embeddings`` through the lean door."""

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

from tests.gateway.embedding_cast import PACKED, VECTORS, always, openai_reply, speaking
from tests.gateway.harness import Response, gateway, provider, reply

ASKED = {"model": "m1", "input": ["first", "second"]}


async def embed(tmp_path: Path, answer: Any, *providers: Any, **body: Any) -> tuple[Response, list[dict[str, Any]]]:
    async with gateway(tmp_path, answer, *(providers or (speaking(embeddings="openai"),))) as one:
        got = await one.call("/v1/embeddings", {**ASKED, **body})
        return got, [json.loads(request.content) for request in one.network.requests]


async def test_a_reply_in_the_form_asked_for_reaches_the_app_byte_for_byte_and_is_booked(tmp_path: Path) -> None:
    odd = json.dumps(openai_reply(VECTORS, unknown={"a": 1})).encode() + b"\n"
    async with gateway(tmp_path, always(odd), speaking(embeddings="openai")) as one:
        got = await one.call("/v1/embeddings", {**ASKED, "dimensions": 2, "brand_new": [1]})
        assert (got.status, got.body) == (200, odd)
        request = one.network.requests[0]
        assert request.url.path == "/v1/embeddings"
        assert json.loads(request.content) == {**ASKED, "dimensions": 2, "brand_new": [1]}
        (row,) = one.rows()
    assert (row.endpoint, row.input, row.output, row.usage_basis) == ("embeddings", 4, 0, "vendor")


@pytest.mark.parametrize(
    ("sent", "asked", "wanted"),
    [(VECTORS, "base64", PACKED), (PACKED, "float", VECTORS), (PACKED, None, VECTORS), (PACKED, "base64", PACKED)],
)
async def test_the_app_gets_the_form_it_asked_for_whatever_came(
    tmp_path: Path, sent: list[Any], asked: str | None, wanted: list[Any]
) -> None:
    got, _ = await embed(tmp_path, always(openai_reply(sent)), encoding_format=asked)
    assert [row["embedding"] for row in got.json["data"]] == wanted
    assert got.json["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


async def test_a_text_alone_goes_on_as_it_came(tmp_path: Path) -> None:
    got, (sent,) = await embed(tmp_path, always(openai_reply(VECTORS[:1])), input="one")
    assert got.status == 200 and sent["input"] == "one"


@pytest.mark.parametrize("numbers", [[1, 2, 3], [[1, 2], [3]]])
async def test_a_tokenizers_numbers_go_to_who_takes_them_and_are_refused_elsewhere(
    tmp_path: Path, numbers: list[Any]
) -> None:
    count = 1 if isinstance(numbers[0], int) else 2
    got, (sent,) = await embed(tmp_path, always(openai_reply(VECTORS[:count])), input=numbers)
    assert got.status == 200 and sent["input"] == numbers
    refused, sent_on = await embed(tmp_path, always({}), speaking(embeddings="cohere"), input=numbers)
    assert refused.status == 400 and refused.json["error"]["code"] == "unsupported_feature"
    assert refused.json["error"]["param"] == "input" and not sent_on


async def test_rows_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    body = openai_reply(VECTORS)
    body["data"].reverse()
    got, _ = await embed(tmp_path, always(body))
    assert [row["embedding"] for row in got.json["data"]] == VECTORS
    assert [row["index"] for row in got.json["data"]] == [0, 1]


@pytest.mark.parametrize(
    "body",
    [
        openai_reply(VECTORS[:1]),
        openai_reply([*VECTORS, [1.0]]),
        {**openai_reply(VECTORS), "data": [{"index": 1, "embedding": [1]}, {"index": 1, "embedding": [2]}]},
        openai_reply(VECTORS, data=None),
        b"<html>",
        b"",
        [1],
    ],
)
async def test_a_reply_that_does_not_fit_is_the_vendors_fault(tmp_path: Path, body: Any) -> None:
    got, _ = await embed(tmp_path, always(body))
    assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")


async def test_vectors_that_are_no_numbers_are_the_vendors_fault(tmp_path: Path) -> None:
    got, _ = await embed(tmp_path, always(openai_reply(["?", "?"])), encoding_format="float")
    assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")
    got, _ = await embed(tmp_path, always(openai_reply([["a"], [None]])), encoding_format="base64")
    assert (got.status, got.json["error"]["code"]) == (502, "provider_invalid_response")


async def test_an_error_inside_a_200_is_an_error(tmp_path: Path) -> None:
    wrong = {"error": {"message": "The model `m1` does not exist", "code": "model_not_found"}}
    got, _ = await embed(tmp_path, always(wrong))
    assert (got.status, got.json["error"]["code"]) == (404, "model_not_found")


async def test_a_vendor_without_embeddings_says_so(tmp_path: Path) -> None:
    got, sent = await embed(tmp_path, always({}), speaking(embeddings=None))
    assert (got.status, got.json["error"]["code"], got.json["error"]["param"]) == (400, "unsupported_feature", "model")
    assert "has no embeddings" in got.json["error"]["message"] and not sent


async def test_more_inputs_than_a_vendor_takes_become_several_requests_in_order(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        texts = json.loads(request.content)["inputs"]
        assert len(texts) <= 32
        return reply([[float(text)] for text in texts])

    inputs = [str(number) for number in range(70)]
    got, sent = await embed(tmp_path, answer, provider(vendor_slug="tei"), input=inputs)
    assert [row["embedding"] for row in got.json["data"]] == [[float(number)] for number in range(70)]
    assert [len(one["inputs"]) for one in sent] == [32, 32, 6]
    assert "usage" not in got.json, "figures nobody counted are never 0"


async def test_usage_of_several_requests_is_summed(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply({"embedding": [1.0], "inputTextTokenCount": 3})

    bedrock = speaking(embeddings="bedrock")
    got, sent = await embed(tmp_path, answer, bedrock, model="acme:amazon.titan-embed-text-v2:0")
    assert got.json["usage"]["prompt_tokens"] == 6
    assert [one["inputText"] for one in sent] == ["first", "second"]


async def test_what_a_vendor_does_not_know_is_named_in_the_log(tmp_path: Path) -> None:
    answer = always({"embeddings": {"float": VECTORS}, "meta": {"billed_units": {"input_tokens": 4}}})
    async with gateway(tmp_path, answer, speaking(embeddings="cohere")) as one:
        await one.call("/v1/embeddings", {**ASKED, "user": "me", "priority": 1, "odd": True})
        (row,) = one.rows()
    assert row.dropped == "odd,user"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input", None),
        ("input", []),
        ("input", {"text": "a"}),
        ("input", ["a", 1]),
        ("input", [[]]),
        ("input", [True]),
        ("input", [1.5]),
        ("encoding_format", "hex"),
        ("encoding_format", 1),
        ("dimensions", 0),
        ("dimensions", "2"),
        ("dimensions", True),
        ("user", 1),
        ("input_type", []),
        ("model", 7),
    ],
)
async def test_a_malformed_field_is_named(tmp_path: Path, field: str, value: Any) -> None:
    got, sent = await embed(tmp_path, always(openai_reply(VECTORS)), **{field: value})
    assert (got.status, got.json["error"]["param"]) == (400, field)
    assert not sent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("model", "input", "encoding_format", "dimensions", "user", "input_type", "task", "embedding_types", "truncate")
BODIES = st.fixed_dictionaries({}, optional={name: JSON for name in NAMES if name not in ("model", "input")})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=BODIES,
    input=JSON | st.just("a") | st.just(["a", "b"]),
    model=st.just("m1") | JSON,
    dialect=st.sampled_from(["openai", "cohere", "gemini", "jina", "voyage", "tei", "ollama", "vertex", "nvidia"]),
    answered=JSON | st.just(openai_reply(VECTORS)),
)
def test_no_body_at_all_makes_the_gateway_stumble(
    body: dict[str, Any], input: Any, model: Any, dialect: str, answered: Any
) -> None:
    async def ask() -> Response:
        with tempfile.TemporaryDirectory() as folder:
            async with gateway(Path(folder), always(answered), speaking(embeddings=dialect)) as one:
                return await one.call("/v1/embeddings", {**body, "model": model, "input": input})

    got = asyncio.run(ask())
    assert got.status != 500 and (got.status == 200 or got.json["error"]["message"])
