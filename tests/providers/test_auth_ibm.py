"""IBM Cloud IAM, asked by a stand-in: no network."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.auth.ibm import IBM_AUTH, exchange
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
from providers.vendors import Answered

KEY = "ibm-cloud-api-key-1"
GRANTED = {"access_token": "granted", "refresh_token": "not_supported", "token_type": "Bearer", "expires_in": 3600}


class Iam:
    """Answers as it was told, and keeps what it was asked."""

    def __init__(self, body: Any = GRANTED, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answer = Answered(status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())
        self.asked: list[HttpParts] = []

    async def __call__(self, parts: HttpParts) -> Answered:
        self.asked.append(parts)
        return self.answer


async def test_a_key_is_exchanged_for_a_bearer_token_of_an_hour() -> None:
    iam = Iam()
    grant = await exchange(iam, f" {KEY}\n", {})
    (parts,) = iam.asked
    assert parts.path == "https://iam.cloud.ibm.com/identity/token" and parts.method == "POST"
    assert ("content-type", "application/x-www-form-urlencoded") in parts.headers
    form = parse_qs(parts.content.decode())
    assert form == {"grant_type": ["urn:ibm:params:oauth:grant-type:apikey"], "apikey": [KEY]}
    assert grant.headers == (("Authorization", "Bearer granted"),)
    assert grant.expires_at is not None and 3500 < grant.expires_at - time.time() < 3700


@pytest.mark.parametrize("address", ["https://iam.test", "https://iam.test/", "https://iam.test/identity/token"])
async def test_iam_may_be_elsewhere(address: str) -> None:
    iam = Iam()
    await exchange(iam, KEY, {"iam_url": address})
    assert iam.asked[0].path == "https://iam.test/identity/token"


@pytest.mark.parametrize(
    ("secret", "headers"),
    [
        ("eyJhbGciOi.x.y", (("Authorization", "Bearer eyJhbGciOi.x.y"),)),
        ("ZenApiKey dXNlcjprZXk=", (("Authorization", "ZenApiKey dXNlcjprZXk="),)),
        (KEY, None),
    ],
)
def test_a_token_travels_as_its_form_says(secret: str, headers: Any) -> None:
    assert IBM_AUTH.headers(secret) == headers


REFUSED = {"errorCode": "BXNIM0415E", "errorMessage": f"Provided API key could not be found: {KEY}"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, REFUSED, CredentialInvalid),
        (401, {}, CredentialInvalid),
        (403, {}, AccessDenied),
        (404, b"<html>no</html>", BadConfiguration),
        (429, {"errorMessage": "slow"}, RateLimited),
        (503, b"", VendorFailed),
        (200, b"[]", VendorGarbled),
        (200, {"access_token": 7}, VendorGarbled),
    ],
)
async def test_a_refusal_is_told_apart_and_never_repeats_the_key(
    status: int, body: Any, kind: type[SwitchboardError]
) -> None:
    with pytest.raises(kind) as caught:
        await exchange(Iam(body, status=status, headers={"retry-after": "3"}), KEY, {})
    assert type(caught.value) is kind and KEY not in caught.value.message
    assert kind is not RateLimited or caught.value.retry_after == 3


@pytest.mark.parametrize("life", [None, "soon", [], -5])
async def test_a_life_that_is_nonsense_is_a_short_one(life: Any) -> None:
    grant = await exchange(Iam({**GRANTED, "expires_in": life}), KEY, {})
    assert grant.expires_at is not None and 0 < grant.expires_at - time.time() <= 61
