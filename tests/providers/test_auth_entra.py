"""Entra's exchange of an application's secret, and which secrets need one."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.auth.entra import SCOPE, exchange, is_access_token, is_application, read_application
from providers.canonical import HttpParts
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    SwitchboardError,
    VendorFailed,
    VendorGarbled,
)
from providers.vendors import Answered, Ask

SECRET = "tenant-1:client-1:s3cret~with:colon"


def answering(status: int, body: Any, asked: list[HttpParts] | None = None, **headers: str) -> Ask:
    async def ask(parts: HttpParts) -> Answered:
        if asked is not None:
            asked.append(parts)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)

    return ask


async def test_an_application_gets_a_bearer_token() -> None:
    asked: list[HttpParts] = []
    grant = await exchange(answering(200, {"access_token": "eyJ.a.b", "expires_in": 3599}, asked), SECRET, {})
    assert grant.headers == (("Authorization", "Bearer eyJ.a.b"),)
    assert grant.expires_at is not None and 3590 < grant.expires_at - time.time() < 3600
    (parts,) = asked
    assert parts.path == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token" and parts.method == "POST"
    assert parse_qs(parts.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": ["s3cret~with:colon"],
        "scope": [SCOPE],
    }


async def test_another_cloud_has_another_authority_and_scope() -> None:
    asked: list[HttpParts] = []
    settings = {"authority": "https://login.microsoftonline.us/", "scope": "https://x/.default"}
    await exchange(answering(200, {"access_token": "t"}, asked), SECRET, settings)
    assert asked[0].path.startswith("https://login.microsoftonline.us/tenant-1/")
    assert parse_qs(asked[0].content.decode())["scope"] == ["https://x/.default"]


@pytest.mark.parametrize(
    "names",
    [
        ("tenant", "client_id", "client_secret"),
        ("tenant_id", "clientId", "clientSecret"),
        ("tenant", "appId", "password"),
    ],
)
def test_json_may_name_them_as_azures_own_tools_do(names: tuple[str, str, str]) -> None:
    secret = json.dumps(dict(zip(names, ("t", "c", "s"), strict=True)))
    assert is_application(secret) and read_application(secret) == ("t", "c", "s")


@pytest.mark.parametrize("secret", ["{", "{}", '{"tenant": "t", "client_id": 3}', '{"a": []}'])
async def test_json_that_lacks_something_is_a_bad_credential(secret: str) -> None:
    with pytest.raises(CredentialInvalid):
        await exchange(answering(200, {}), secret, {})


def test_keys_and_tokens_are_told_from_applications() -> None:
    assert not is_application("0123456789abcdef0123456789abcdef") and not is_application("eyJhbGciOi.a.b")
    assert is_access_token("eyJhbGciOi.a.b") and not is_access_token("key")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."},
            CredentialInvalid,
        ),
        (
            400,
            {"error": "unauthorized_client", "error_description": "AADSTS700016: No application."},
            CredentialInvalid,
        ),
        (400, {"error": "invalid_request", "error_description": "AADSTS90002: Tenant not found."}, CredentialInvalid),
        (401, b"", CredentialInvalid),
        (403, {"error": "odd"}, AccessDenied),
        (400, {"error": "invalid_scope", "error_description": "AADSTS70011: no such scope"}, BadConfiguration),
        (429, {"error": "too_many"}, RateLimited),
        (500, b"<html>", VendorFailed),
        (503, {"error": "temporarily_unavailable"}, VendorFailed),
        (200, b"<html>", VendorGarbled),
        (200, {"access_token": 3}, VendorGarbled),
        (200, b"[]", VendorGarbled),
        (302, b"", VendorGarbled),
    ],
)
async def test_a_refusal_says_whose_it_is_and_never_the_secret(
    status: int, body: Any, kind: type[SwitchboardError]
) -> None:
    if isinstance(body, dict):
        body["error_description"] = f"{body.get('error_description', '')} s3cret~with:colon Trace ID: 1"
    with pytest.raises(kind) as caught:
        await exchange(answering(status, body), SECRET, {})
    assert type(caught.value) is kind and "s3cret" not in caught.value.message and "Trace" not in caught.value.message


async def test_entras_own_wait_is_kept() -> None:
    with pytest.raises(RateLimited) as caught:
        await exchange(answering(429, {}, retry_after="9"), SECRET, {})
    assert caught.value.retry_after == 9


@pytest.mark.parametrize("life", [None, "soon", -5, "3600"])
async def test_a_grant_always_ends(life: Any) -> None:
    grant = await exchange(answering(200, {"access_token": "t", "expires_in": life}), SECRET, {})
    assert grant.expires_at is not None and grant.expires_at > time.time()
