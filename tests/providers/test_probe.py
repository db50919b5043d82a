"""Probes against the fake vendor: what counts against a token, what cannot be told, and model lists."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from providers import probe
from providers.catalogue import ANONYMOUS, CompiledProvider, CompiledToken
from providers.compiling import with_secret
from providers.errors import (
    CredentialInvalid,
    UnsupportedFeature,
    VendorFailed,
    VendorGarbled,
    VendorUnreachable,
)
from providers.http import HttpClients, Timeouts
from providers.vendors import vendor
from providers.wires import wire
from tests.fake_vendor import HANGS, Answer, FakeVendor, error_with_200, failing, html, rate_limited

SECRET = "sk-acme-0123456789"
QUICK = Timeouts(connect=1, first_byte=0.2, silence=0.2, total=1)


@pytest.fixture
async def acme() -> AsyncIterator[FakeVendor]:
    async with FakeVendor() as made:
        yield made


@pytest.fixture
async def clients() -> AsyncIterator[HttpClients]:
    made = HttpClients()
    yield made
    await made.aclose()


def provider(base_url: str, *, slug: str = "openai", **changed: Any) -> CompiledProvider:
    facts = replace(vendor(slug), **changed)
    return CompiledProvider(
        id=1,
        name="acme",
        vendor=facts,
        wire=wire(facts.wire),
        base_url=base_url,
        headers=tuple(facts.headers.items()),
        timeouts=QUICK,
    )


async def fetched(clients: HttpClients, asked: CompiledProvider, token: CompiledToken = ANONYMOUS) -> list[str]:
    return [one.id for one in await probe.fetch_models(clients, asked, token)]


def token(secret: str = SECRET, *, slug: str = "openai") -> CompiledToken:
    return with_secret(CompiledToken(id=1), secret, vendor(slug), {})


async def test_a_token_that_the_vendor_accepts_is_good(acme: FakeVendor, clients: HttpClients) -> None:
    result = await probe.test_token(clients, provider(acme.url), token())
    assert (result.ok, result.credential_invalid, result.status) == (True, False, 200)
    assert [(call.method, call.path, call.token) for call in acme.requests] == [("GET", "/v1/models", SECRET)]


@pytest.mark.parametrize(
    ("answer", "ok", "invalid"),
    [
        (failing(401), False, True),
        (failing(403), None, False),
        (failing(404), None, False),
        (rate_limited(), None, False),
        (failing(500), False, False),
        (html(502), False, False),
        (HANGS, False, False),
        (Answer(reset_after=0), False, False),
        (error_with_200(), False, False),
        (failing(302, headers=(("location", "https://elsewhere.example/"),), body=b""), False, False),
    ],
)
async def test_only_a_rejected_credential_counts_against_the_token(
    acme: FakeVendor, clients: HttpClients, answer: Answer, ok: bool | None, invalid: bool
) -> None:
    acme.script(answer, path="/v1/models")
    result = await probe.test_token(clients, provider(acme.url), token())
    assert (result.ok, result.credential_invalid) == (ok, invalid), result
    assert result.message


async def test_the_secret_is_never_in_the_message(acme: FakeVendor, clients: HttpClients) -> None:
    told = {"error": {"message": f"Incorrect API key provided: {SECRET}.", "code": "invalid_api_key"}}
    acme.script(failing(401, body=json.dumps(told).encode()))
    result = await probe.test_token(clients, provider(acme.url), token())
    assert result.credential_invalid
    assert SECRET not in repr(result)
    with pytest.raises(CredentialInvalid) as raised:
        await probe.fetch_models(clients, provider(acme.url), token())
    assert SECRET not in str(raised.value) + repr(raised.value) + raised.value.message


async def test_a_public_model_list_proves_nothing_about_a_token(acme: FakeVendor, clients: HttpClients) -> None:
    public = provider(acme.url, models_need_token=False, probe_path=None)
    result = await probe.test_token(clients, public, token())
    assert (result.ok, result.credential_invalid) == (None, False)
    assert "cannot tell" in result.message
    acme.script(failing(500))
    assert (await probe.test_token(clients, public, token())).ok is False


async def test_the_vendor_s_own_probe_is_used_where_it_has_one(acme: FakeVendor, clients: HttpClients) -> None:
    acme.script(Answer(body=b'{"data": {"label": "mine"}}'), path="/v1/key")
    probing = provider(acme.url, models_need_token=False, probe_path="/key")
    assert (await probe.test_token(clients, probing, token())).ok is True
    assert acme.requests[0].path == "/v1/key"


async def test_a_vendor_without_free_calls_is_not_asked(acme: FakeVendor, clients: HttpClients) -> None:
    paid = provider(acme.url, models_path=None, probe_path=None)
    assert (await probe.test_token(clients, paid, token())).ok is None
    assert acme.requests == []
    with pytest.raises(UnsupportedFeature):
        await probe.fetch_models(clients, paid, token())


async def test_a_server_without_keys_is_tested_by_reaching_it(acme: FakeVendor, clients: HttpClients) -> None:
    local = provider(acme.url, slug="llama_cpp")
    assert (await probe.test_token(clients, local)).ok is True
    acme.script(failing(401))
    refused = await probe.test_token(clients, local, ANONYMOUS)
    assert (refused.ok, refused.credential_invalid) == (False, False)
    gone = await probe.test_token(clients, provider("http://127.0.0.1:9/v1", slug="llama_cpp"))
    assert (gone.ok, gone.status) == (False, 0)


async def test_the_demo_is_tested_without_network(clients: HttpClients) -> None:
    demo = provider("demo://local", slug="demo")
    assert (await probe.test_token(clients, demo)).ok is True
    assert (await probe.test_token(clients, demo, token("demo-401"))).credential_invalid
    assert "demo-tools" in await fetched(clients, demo)


async def test_models_come_in_the_vendor_s_order_each_once(acme: FakeVendor, clients: HttpClients) -> None:
    acme.models = ["b", "a", "b", "", "x" * 251]
    assert await fetched(clients, provider(acme.url), token()) == ["b", "a"]


async def test_anthropic_s_pages_are_followed(clients: HttpClients) -> None:
    names = [f"claude-{number}" for number in range(7)]
    async with FakeVendor(models=names, page_size=3) as acme:
        claude = provider(acme.root, slug="anthropic")
        assert await fetched(clients, claude, token(slug="anthropic")) == names
        assert len(acme.requests) == 3
        assert acme.requests[1].path.endswith("&after_id=claude-2")
        assert acme.requests[0].headers["x-api-key"] == SECRET


@pytest.mark.parametrize(("told", "asked"), [("nextPageToken", "pageToken"), ("next_page_token", "page_token")])
async def test_google_s_and_cohere_s_pages_are_followed(
    acme: FakeVendor, clients: HttpClients, told: str, asked: str
) -> None:
    acme.script(Answer(body=b'{"models": [{"name": "b"}]}'))
    acme.script(Answer(body=json.dumps({"models": [{"name": "models/a"}], told: "n&2"}).encode()), times=1)
    assert await fetched(clients, provider(acme.url), token()) == ["a", "b"]
    assert acme.requests[1].path.endswith(f"?{asked}=n%262")


async def test_a_list_whose_pages_never_end_is_left(acme: FakeVendor, clients: HttpClients) -> None:
    acme.script(Answer(body=b'{"data": [{"id": "m"}], "has_more": true, "last_id": "m"}'))
    assert await fetched(clients, provider(acme.url), token()) == ["m"]
    assert len(acme.requests) == 2


async def test_bare_arrays_and_own_readers_are_read(acme: FakeVendor, clients: HttpClients) -> None:
    acme.script(Answer(body=b'[{"id": "one"}, {"id": "two", "type": "chat"}, "three", 4, {"id": null}]'))
    assert await fetched(clients, provider(acme.url), token()) == ["one", "two", "three"]
    own = provider(acme.url, read_models=lambda body: [row["id"].upper() for row in json.loads(body)[:2]])
    assert await fetched(clients, own, token()) == ["ONE", "TWO"]


@pytest.mark.parametrize("body", [b"", b"{", b"null", b'{"data": 1}', b"<html></html>", b"\xff", b"[" * 100_000])
async def test_a_list_that_cannot_be_read_is_a_garbled_answer(
    acme: FakeVendor, clients: HttpClients, body: bytes
) -> None:
    acme.script(Answer(body=body))
    with pytest.raises(VendorGarbled):
        await probe.fetch_models(clients, provider(acme.url), token())


async def test_a_list_that_is_too_large_is_not_swallowed(
    acme: FakeVendor, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "MAX_LIST_BYTES", 1000)
    acme.script(Answer(body=b'{"data": [' + b" " * 2000 + b"]}"))
    with pytest.raises(VendorGarbled):
        await probe.fetch_models(clients, provider(acme.url), token())


async def test_what_the_vendor_refuses_is_raised(acme: FakeVendor, clients: HttpClients) -> None:
    acme.script(failing(500))
    with pytest.raises(VendorFailed):
        await probe.fetch_models(clients, provider(acme.url), token())
    with pytest.raises(VendorUnreachable):
        await probe.fetch_models(clients, provider("http://127.0.0.1:9/v1"), token())
