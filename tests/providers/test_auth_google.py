"""Google's credentials, of every kind an admin may store, become headers; nothing here asks the network."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from providers.auth.google import _machine_grant, key_headers, vertex_base_url, vertex_exchange
from providers.canonical import HttpParts
from providers.errors import (
    BadConfiguration,
    CredentialInvalid,
    RateLimited,
    SwitchboardError,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors import Answered, vendor
from providers.vendors.google import listed_models

SETTINGS = {"project": "p1", "location": "us-central1"}
HERE = "https://us-central1-aiplatform.googleapis.com/v1/projects/p1/locations/us-central1"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account(**more: Any) -> str:
    kind = serialization.PrivateFormat.PKCS8
    pem = key().private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()
    fields = {"type": "service_account", "client_email": "bot@p2.iam", "private_key_id": "k1", "private_key": pem}
    return json.dumps({**fields, "project_id": "p2", "token_uri": "https://token.example/t", **more})


class Service:
    """A token service. Notes what it was asked."""

    def __init__(self, status: int = 200, body: Any = None) -> None:
        self.asked: list[HttpParts] = []
        self._answer = Answered(status, {}, json.dumps(body or {"access_token": "tok", "expires_in": 3599}).encode())

    async def __call__(self, parts: HttpParts) -> Answered:
        self.asked.append(parts)
        return self._answer

    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.asked[0].content.decode())


async def test_a_service_account_signs_and_is_given_a_token() -> None:
    service = Service()
    grant = await vertex_exchange(service, service_account(), SETTINGS)
    assert grant.headers == (("Authorization", "Bearer tok"),) and grant.base_url == HERE
    assert grant.expires_at == pytest.approx(time.time() + 3599, abs=5)
    (parts,) = service.asked
    assert (parts.method, parts.path) == ("POST", "https://token.example/t")
    assert service.form()["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    public = (
        key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert crypt.verify_signature is not None
    claims = jwt.decode(service.form()["assertion"][0], certs=public, audience="https://token.example/t")
    assert claims["iss"] == "bot@p2.iam" and claims["scope"].endswith("/cloud-platform")


async def test_a_refresh_token_is_exchanged() -> None:
    service = Service()
    secret = json.dumps(
        {
            "type": "authorized_user",
            "client_id": "c",
            "client_secret": "s",
            "refresh_token": "r",
            "quota_project_id": "q",
        }
    )
    grant = await vertex_exchange(service, f" {secret}\n", SETTINGS)
    assert service.asked[0].path == "https://oauth2.googleapis.com/token"
    assert service.form() == {
        "grant_type": ["refresh_token"],
        "client_id": ["c"],
        "client_secret": ["s"],
        "refresh_token": ["r"],
    }
    assert dict(grant.headers) == {"Authorization": "Bearer tok", "x-goog-user-project": "q"}


@pytest.mark.parametrize("secret", ["ya29.abc", "any-static-bearer"])
async def test_an_access_token_is_used_as_it_is(secret: str) -> None:
    service = Service()
    grant = await vertex_exchange(service, secret, SETTINGS)
    assert grant.headers == (("Authorization", f"Bearer {secret}"),) and grant.expires_at is None
    assert grant.base_url == HERE and not service.asked


async def test_an_api_key_means_express_mode() -> None:
    service = Service()
    grant = await vertex_exchange(service, "AIzaSyA", {})
    assert grant.headers == (("x-goog-api-key", "AIzaSyA"),) and not service.asked
    assert grant.base_url == "https://aiplatform.googleapis.com/v1"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("", "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_every_location_has_its_host(location: str, host: str) -> None:
    place = location or "global"
    assert vertex_base_url({"project": "p", "location": location}) == (
        f"https://{host}/v1/projects/p/locations/{place}"
    )


def test_a_location_that_would_lead_elsewhere_is_refused() -> None:
    with pytest.raises(BadConfiguration):
        vertex_base_url({"project": "p", "location": "evil.example/"})


async def test_the_service_accounts_own_project_helps_out() -> None:
    grant = await vertex_exchange(Service(), service_account(), {"location": "global"})
    assert grant.base_url == "https://aiplatform.googleapis.com/v1/projects/p2/locations/global"


@pytest.mark.parametrize(
    "secret",
    [
        "{not json",
        '{"type": "service_account"}',
        service_account(private_key="-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"),
        '{"type": "authorized_user", "client_id": "c"}',
        '{"type": "external_account", "audience": "a"}',
        "{}",
    ],
)
async def test_a_credential_that_cannot_be_used_says_why_without_its_secret(secret: str) -> None:
    service = Service()
    with pytest.raises(CredentialInvalid) as caught:
        await vertex_exchange(service, secret, SETTINGS)
    assert not service.asked and "BEGIN" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, CredentialInvalid),
        (401, {"error": "invalid_client"}, CredentialInvalid),
        (429, {}, RateLimited),
        (503, {}, VendorOverloaded),
        (200, {"nothing": 1}, VendorGarbled),
    ],
)
async def test_what_the_token_service_refuses(status: int, body: Any, kind: type[SwitchboardError]) -> None:
    with pytest.raises(kind):
        await vertex_exchange(Service(status, body), service_account(), SETTINGS)


def chain(refresh: Callable[[Any], None]) -> Callable[..., tuple[Any, str | None]]:
    """google-auth's way of finding credentials, with one to be found."""
    found = SimpleNamespace(token="", expiry=datetime(2030, 1, 1), quota_project_id=None)

    def renewed(request: Any) -> None:
        refresh(request)
        found.token = "machine"

    found.refresh = renewed
    return lambda *, scopes, request: (found, "p3")


async def test_the_machines_own_credentials_ask_through_the_provider() -> None:
    service = Service(200, {"here": 1})

    def refresh(request: Any) -> None:
        answer = request("http://metadata/token", headers={"Metadata-Flavor": "Google"}, timeout=3)
        assert (answer.status, json.loads(answer.data), answer.headers) == (200, {"here": 1}, {})

    grant = await _machine_grant(service, {"location": "global"}, chain(refresh))
    assert grant.headers == (("Authorization", "Bearer machine"),)
    assert grant.expires_at == datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    assert grant.base_url is not None and "/projects/p3/" in grant.base_url
    assert service.asked[0].method == "GET" and service.asked[0].headers == (("Metadata-Flavor", "Google"),)


async def test_a_machine_without_credentials_says_so() -> None:
    def nothing(*, scopes: Any, request: Any) -> tuple[Any, str | None]:
        raise DefaultCredentialsError("x")

    with pytest.raises(BadConfiguration):
        await _machine_grant(Service(), SETTINGS, nothing)


@pytest.mark.parametrize(("again", "kind"), [(True, VendorOverloaded), (False, CredentialInvalid)])
async def test_machine_credentials_that_are_refused(again: bool, kind: type[SwitchboardError]) -> None:
    def refuse(request: Any) -> None:
        raise RefreshError("x", retryable=again)

    with pytest.raises(kind):
        await _machine_grant(Service(), SETTINGS, chain(refuse))


def test_vertex_secrets_are_all_granted_and_studio_keys_all_spelled() -> None:
    vertex, studio = vendor("vertex_ai").auth, vendor("google").auth
    assert vertex.headers("ya29.a") is None and vertex.headers("") is None and vertex.optional
    assert studio.headers("AIzaX") == (("x-goog-api-key", "AIzaX"),) and not studio.dynamic
    assert key_headers("ya29.x") == (("Authorization", "Bearer ya29.x"),)


def test_googles_list_of_models() -> None:
    body = {"models": [{"name": "models/gemini-2.5-pro"}, {"name": "tunedModels/x"}]}
    assert listed_models(json.dumps(body).encode()) == ["gemini-2.5-pro", "tunedModels/x"]
    for broken in (b"{}", b"[]", b'{"models": [7]}', b"<"):
        with pytest.raises((ValueError, TypeError, LookupError)):
            listed_models(broken)
