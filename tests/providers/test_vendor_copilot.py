"""GitHub Copilot: the exchange of its tokens, and what goes with a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import HttpParts, Target
from providers.errors import (
    AccessDenied,
    CredentialInvalid,
    RateLimited,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
)
from providers.vendors import Answered, Ask, vendor
from providers.vendors.github_copilot import exchange
from providers.wires import wire

COPILOT = vendor("github_copilot")
TARGET = Target(provider="github_copilot", model="gpt-6.1-sol", vendor=COPILOT)
TOLD = {"token": "tid=a;exp=1893456000", "expires_at": 1893456001, "endpoints": {"api": "https://api.business.x.com/"}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://a/b.png"}}


def answering(status: int, body: Any, asked: list[HttpParts] | None = None, **headers: str) -> Ask:
    async def ask(parts: HttpParts) -> Answered:
        if asked is not None:
            asked.append(parts)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)

    return ask


async def test_a_github_token_is_exchanged_for_a_copilot_token_and_its_address() -> None:
    asked: list[HttpParts] = []
    grant = await exchange(answering(200, TOLD, asked), "gho_1", {})
    assert grant.headers == (("Authorization", "Bearer tid=a;exp=1893456000"),)
    assert (grant.expires_at, grant.base_url) == (1893456001.0, "https://api.business.x.com")
    (parts,) = asked
    assert (parts.method, parts.path) == ("GET", "https://api.github.com/copilot_internal/v2/token")
    assert dict(parts.headers)["Authorization"] == "token gho_1" and "Editor-Version" in dict(parts.headers)


async def test_an_enterprise_exchanges_at_its_own_github() -> None:
    asked: list[HttpParts] = []
    await exchange(answering(200, TOLD, asked), "ghu_1", {"github_api": "https://api.acme.ghe.com/"})
    assert asked[0].path == "https://api.acme.ghe.com/copilot_internal/v2/token"


@pytest.mark.parametrize("expires_at", [None, "soon", True])
async def test_a_token_tells_its_own_end(expires_at: Any) -> None:
    grant = await exchange(answering(200, {"token": "tid=a;exp=1893456000", "expires_at": expires_at}), "gho_1", {})
    assert grant.expires_at == 1893456000.0 and grant.base_url is None


async def test_only_a_safe_address_is_followed() -> None:
    grant = await exchange(answering(200, {**TOLD, "endpoints": {"api": "http://elsewhere"}}), "gho_1", {})
    assert grant.base_url is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"message": "Bad credentials"}, CredentialInvalid),
        (403, {"error_details": {"title": "No access"}, "message": "Resource not accessible"}, AccessDenied),
        (404, {"message": "Not Found"}, AccessDenied),
        (429, b"", RateLimited),
        (500, b"<html><title>Oops</title>", VendorFailed),
        (503, b"", VendorFailed),
        (302, b"", VendorGarbled),
        (200, b"<html>", VendorGarbled),
        (200, b"[]", VendorGarbled),
        (200, {"token": None}, VendorGarbled),
    ],
)
async def test_a_refused_exchange_says_why(status: int, body: Any, kind: type[UpstreamError]) -> None:
    with pytest.raises(kind) as caught:
        await exchange(answering(status, body), "gho_secret1", {})
    assert type(caught.value) is kind and "gho_secret1" not in caught.value.message
    assert caught.value.vendor_status == status


async def test_githubs_rate_limit_is_told_from_a_missing_plan() -> None:
    with pytest.raises(RateLimited) as caught:
        await exchange(answering(403, {"message": "secondary rate limit"}, retry_after="60"), "gho_1", {})
    assert caught.value.retry_after == 60


def test_a_token_that_was_exchanged_already_travels_as_it_is() -> None:
    assert COPILOT.auth.headers("tid=a;exp=1;sku=b") == (("Authorization", "Bearer tid=a;exp=1;sku=b"),)
    assert COPILOT.auth.headers("gho_1") is None and COPILOT.auth.headers("ghu_1") is None


def test_five_models_are_shipped_and_it_is_off_by_default() -> None:
    assert len(COPILOT.models) == 5 and COPILOT.opt_in and "terms" in COPILOT.note
    assert COPILOT.prefixes == ("ext-copilot-",) and COPILOT.aliases == ("githubcopilot",)
    assert "GITHUB_COPILOT_TOKEN" in COPILOT.env["api_key"]


def test_each_shipped_model_is_called_where_it_answers() -> None:
    assert COPILOT.wire_for is not None
    wires = {model.id: COPILOT.wire_for(model.id, {}) for model in COPILOT.models}
    assert {model.id for model in COPILOT.models if model.mode == "responses"} == {
        name for name, found in wires.items() if found == "copilot_responses"
    }
    assert COPILOT.wire_for("gpt-5.3-codex", {}) == "copilot_responses" and COPILOT.wire_for("gpt-4o", {}) is None


@pytest.mark.parametrize("picture", [True, False])
def test_pictures_are_announced(picture: bool) -> None:
    content: Any = [{"type": "text", "text": 'say "image_url"'}, *([PICTURE] if picture else [])]
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    call = wire("openai").read_request(body)
    lanes = [wire("copilot").patch_request(body, TARGET), wire("copilot").write_request(call, TARGET)]
    for parts in [*lanes, wire("copilot_responses").write_request(call, TARGET)]:
        assert (("copilot-vision-request", "true") in parts.headers) is picture


def test_its_wires_are_openais() -> None:
    assert wire("copilot").dialect == "openai" and wire("copilot_responses").dialect == "responses"
    assert wire("copilot_responses").patch_request({"model": "m", "input": "Hi"}, TARGET).path == "/responses"
