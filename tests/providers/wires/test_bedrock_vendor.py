"""What the vendor files of AWS say beyond their wires: addresses, model list, how each signs."""

from __future__ import annotations

import json

import pytest

from providers.templates import fill
from providers.vendors import Outgoing, vendor
from providers.wires import wire
from tests.providers.wires.bedrock_cast import call, target


@pytest.mark.parametrize(
    ("slug", "address"),
    [
        ("bedrock", "https://bedrock-runtime.eu-west-1.amazonaws.com"),
        ("sagemaker", "https://runtime.sagemaker.eu-west-1.amazonaws.com"),
    ],
)
def test_the_region_stands_in_the_address_and_in_the_signature(slug: str, address: str) -> None:
    facts = vendor(slug)
    assert fill(facts.base_url or "", {"region": "eu-west-1"}) == address
    assert facts.auth.sign is not None
    asked = Outgoing(method="POST", url=address + "/x", headers={}, content=b"")
    signed = dict(facts.auth.sign(asked, "AKIDEXAMPLE:secret", {}))
    assert f"/eu-west-1/{slug}/aws4_request" in signed["Authorization"]


def test_bedrocks_list_is_on_another_host_and_signed_for_the_same_service() -> None:
    facts = vendor("bedrock")
    url = fill(facts.models_path or "", {"region": "us-west-2"})
    assert url == "https://bedrock.us-west-2.amazonaws.com/foundation-models"
    assert facts.auth.sign is not None
    signed = dict(facts.auth.sign(Outgoing(method="GET", url=url, headers={}, content=b""), "AKIDEXAMPLE:secret", {}))
    assert "/us-west-2/bedrock/aws4_request" in signed["Authorization"]


def test_models_that_must_be_bought_beforehand_are_left_out_of_the_list() -> None:
    rows = [
        {"modelId": "amazon.nova-pro-v1:0", "inferenceTypesSupported": ["ON_DEMAND"]},
        {"modelId": "anthropic.claude-opus-5-5", "inferenceTypesSupported": ["INFERENCE_PROFILE"]},
        {"modelId": "amazon.titan-text-premier-v1:0:32k", "inferenceTypesSupported": ["PROVISIONED"]},
        {"modelId": "untold"},
    ]
    read = vendor("bedrock").read_models
    assert read is not None
    body = json.dumps({"modelSummaries": rows}).encode()
    assert read(body) == ["amazon.nova-pro-v1:0", "anthropic.claude-opus-5-5", "untold"]


def test_bedrocks_openai_endpoint_is_reached_over_the_openai_wire() -> None:
    assert "openai" in vendor("bedrock").other_wires
    assert wire("openai").write_request(call(), target("openai.gpt-oss-120b-1:0")).path == "/v1/chat/completions"
