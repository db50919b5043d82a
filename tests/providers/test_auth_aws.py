"""AWS credentials: which secret signs, what is signed, and where the chain's come from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

import pytest
from botocore.exceptions import NoCredentialsError

from providers.auth.aws import Found, aws_auth, region_of, signature, spelled
from providers.canonical import HttpParts
from providers.errors import BadConfiguration, CredentialInvalid
from providers.vendors import Answered, Outgoing

PAIR = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
URL = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-v1:0/converse"
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile%2Fus.claude"


def asked(url: str = URL, content: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Outgoing:
    return Outgoing(method="POST", url=url, headers=headers or {"content-type": "application/json"}, content=content)


def signed(url: str = URL, secret: str = PAIR, **more: object) -> dict[str, str]:
    auth = aws_auth("bedrock")
    assert auth.sign is not None
    return dict(auth.sign(asked(url, **more), secret, {}))  # type: ignore[arg-type]


async def never(parts: HttpParts) -> Answered:
    raise AssertionError("AWS's chain asks by itself")


@pytest.mark.parametrize("secret", [PAIR, f"{PAIR}:IQoJb3JpZ2luX2VjE=="])
def test_a_key_pair_is_no_header_but_signs(secret: str) -> None:
    assert spelled(secret) is None
    assert aws_auth("bedrock").headers(secret) is None


@pytest.mark.parametrize("secret", ["ABSKQmVkcm9ja0FQSUtleS1", "bedrock-api-key-YmVkcm9jay5hbWF6", "golden-token"])
def test_any_other_text_travels_as_bearer(secret: str) -> None:
    assert aws_auth("bedrock").headers(secret) == (("Authorization", f"Bearer {secret}"),)


def test_without_a_token_the_chain_is_asked() -> None:
    assert aws_auth("bedrock").headers("") is None
    assert aws_auth("bedrock").optional


def test_a_signature_names_service_region_and_what_it_covers() -> None:
    value = signed()["Authorization"]
    pattern = (
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-central-1/bedrock/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}"
    )
    assert re.fullmatch(pattern, value)


def test_a_session_is_sent_and_signed() -> None:
    headers = signed(secret=f"{PAIR}:session-text==")
    assert headers["X-Amz-Security-Token"] == "session-text=="
    assert "x-amz-security-token" in headers["Authorization"]


def test_headers_that_proxies_rewrite_are_not_signed() -> None:
    more = {"user-agent": "x", "accept-encoding": "identity", "x-amzn-sagemaker-inference-component": "one"}
    value = signed(headers={"content-type": "application/json", **more})["Authorization"]
    assert "SignedHeaders=content-type;host;x-amz-date;x-amzn-sagemaker-inference-component," in value


def test_a_signature_depends_on_path_body_and_key() -> None:
    values = {
        signed()["Authorization"][-64:],
        signed(URL + "-stream")["Authorization"][-64:],
        signed(content=b"{ }")["Authorization"][-64:],
        signed(secret="AKIDEXAMPLE:other")["Authorization"][-64:],
    }
    assert len(values) == 4


def test_the_path_is_signed_as_it_will_be_sent() -> None:
    """The client sends a colon bare however it was spelled, and keeps the slash of an ARN encoded."""
    host = "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
    spelled_out = ARN.replace(":", "%3A")
    first = signature(asked(f"{host}{ARN}/converse"), PAIR, region="us-east-1", service="bedrock")
    second = signature(asked(f"{host}{spelled_out}/converse"), PAIR, region="us-east-1", service="bedrock")
    third = signature(asked(f"{host}{ARN.replace('%2F', '/')}/converse"), PAIR, region="us-east-1", service="bedrock")
    if first[1] == second[1] == third[1]:  # all in the same second
        assert first == second != third


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("https://bedrock-runtime.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://bedrock-mantle.ap-southeast-3.api.aws/v1", "ap-southeast-3"),
        ("https://vpce-0a1-b2c3.bedrock-runtime.eu-west-2.vpce.amazonaws.com", "eu-west-2"),
        ("https://bedrock.eu-north-1.amazonaws.com/foundation-models", "eu-north-1"),
        ("https://gateway.us-east-1.example.com", "eu-west-1"),
        ("http://127.0.0.1:9000/base", "eu-west-1"),
    ],
)
def test_awss_own_host_tells_the_region_before_the_setting_does(url: str, region: str) -> None:
    assert region_of(url, {"region": "eu-west-1"}) == region


def test_a_region_nobody_told_is_a_mistake_of_the_settings() -> None:
    with pytest.raises(BadConfiguration, match="region"):
        region_of("https://proxy.example.com", {})


async def test_the_chains_key_is_granted_until_it_ends() -> None:
    auth = aws_auth("bedrock", chain=lambda: Found("ASIA1:key:session", 1_800_000_000.0))
    assert auth.exchange is not None
    grant = await auth.exchange(never, "", {})
    assert (grant.secret, grant.expires_at, grant.headers) == ("ASIA1:key:session", 1_800_000_000.0, ())
    assert "session" not in repr(grant)


async def test_a_stored_key_pair_is_granted_as_it_is() -> None:
    auth = aws_auth("bedrock", chain=lambda: pytest.fail("the chain was asked"))
    assert auth.exchange is not None
    grant = await auth.exchange(never, PAIR, {})
    assert (grant.secret, grant.expires_at) == (PAIR, None)


async def test_an_empty_chain_says_so() -> None:
    auth = aws_auth("bedrock", chain=lambda: None)
    assert auth.exchange is not None
    with pytest.raises(CredentialInvalid, match="found no credentials"):
        await auth.exchange(never, "", {})


async def test_a_chain_that_breaks_is_no_crash() -> None:
    def broken() -> Found | None:
        raise NoCredentialsError

    auth = aws_auth("bedrock", chain=broken)
    assert auth.exchange is not None
    with pytest.raises(CredentialInvalid, match="NoCredentialsError"):
        await auth.exchange(never, "", {})


def test_the_secret_stays_out_of_every_repr() -> None:
    assert "wJalr" not in repr(asked()) + repr(dataclasses.replace(asked(), content=PAIR.encode()))
