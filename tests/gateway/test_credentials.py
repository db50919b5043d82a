"""Credentials that are exchanged or sign, through the whole gateway: what comes back of them, and where they go."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.exchange import Exchange
from providers import probe
from providers.catalogue import CompiledProvider, CompiledToken
from providers.compiling import with_secret
from providers.http import HttpClients
from providers.http.grants import LEAST_USE, Grants
from providers.vendors import vendor
from tests.gateway.harness import (
    DONE,
    FakeNetwork,
    Gateway,
    Response,
    chunk,
    completion,
    frame,
    gateway,
    provider,
    reply,
    stream,
)

GITHUB = "api.github.com"
COPILOTS = "copilot-made-0123456789"  # without a form that would be masked anywhere
CLIENT_SECRET = "Zq8Q~client+secret/of ours"
ENTRA = f"contoso:8d1f7c2e-0000-4000-8000-000000000001:{CLIENT_SECRET}"
AWS = "AKIDEXAMPLE:secret-access-key-0123:session-part-0123456789"


def private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


SERVICE_ACCOUNT = {
    "type": "service_account",
    "project_id": "ours",
    "client_email": "gateway@ours.test",
    "private_key": private_key(),
    "token_uri": "https://token.test/t",
}
USER = {
    "type": "authorized_user",
    "client_id": "app.test",
    "client_secret": "GOCSPX/user+secret",
    "refresh_token": "1//0refresh-part",
    "project_id": "ours",
    "token_uri": "https://token.test/t",
}


class World:
    """Token services and a vendor. ``vendor`` answers calls; ``service`` answers exchanges."""

    def __init__(self) -> None:
        self.service: Callable[[httpx.Request], httpx.Response] = self.grants
        self.vendor: Callable[[httpx.Request], httpx.Response] = lambda request: reply(completion())
        self.exchanges: list[httpx.Request] = []
        self.calls: list[httpx.Request] = []
        self.life: Any = 1500

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await asyncio.sleep(0.001 * (len(self.calls) % 5))
        path, host = request.url.path, request.url.host
        if "token" in path or host in (GITHUB, "token.test"):
            self.exchanges.append(request)
            return self.service(request)
        self.calls.append(request)
        return self.vendor(request)

    def grants(self, request: httpx.Request) -> httpx.Response:
        made = f"{COPILOTS}-{len(self.exchanges)}"
        return reply({"token": made, "access_token": made, "expires_in": self.life, "refresh_in": self.life})


def echo(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """Repeats all it was sent, as it came and decoded, in the words of its error."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent = " ".join(request.headers.values())
        form = " ".join(value for values in parse_qs(request.content.decode()).values() for value in values)
        words = f"refused: {sent} {request.content.decode()} {form}"
        body = {"error": {"message": words, "code": words[:60]}, "message": words}
        told = {"error": "invalid_client", "error_description": words, "errorMessage": words}
        return reply(told if "form" in request.headers.get("content-type", "") else body, status)

    return answer


def account(slug: str, secret: str, **more: Any) -> CompiledProvider:
    settings = {setting.name: setting.default for setting in vendor(slug).settings if setting.default}
    made = provider(slug, vendor_slug=slug, tokens=(secret,), settings={**settings, **more.pop("settings", {})}, **more)
    return replace(made, tokens=tuple(replace(token, fingerprint="fp") for token in made.tokens))


CASES = {
    "copilot": (lambda: account("github_copilot", "gho_0123456789"), ("gho_0123456789", COPILOTS)),
    "azure": (lambda: account("azure", ENTRA), (CLIENT_SECRET, "Zq8Q%7Eclient", "client%2Bsecret", COPILOTS)),
    "watsonx": (
        lambda: account("watsonx", "ibm-key-0123456789abc", settings={"project_id": "p"}),
        ("ibm-key-0123456789abc", COPILOTS),
    ),
    "service account": (
        lambda: account("vertex_ai", json.dumps(SERVICE_ACCOUNT)),
        (COPILOTS, "PRIVATE KEY", str(SERVICE_ACCOUNT["private_key"])[60:100]),
    ),
    "user": (lambda: account("vertex_ai", json.dumps(USER)), ("GOCSPX", "1//0refresh-part", "0refresh", COPILOTS)),
    "bedrock": (
        lambda: account("bedrock", AWS, settings={"region": "us-east-1"}),
        ("secret-access-key-0123", "session-part-0123456789"),
    ),
}
EXCHANGED = [name for name in CASES if name != "bedrock"]


def everything(answer: Response, rows: list[Exchange], here: Gateway) -> str:
    pool = here.runtime.pool
    return " ".join(
        (
            answer.body.decode(),
            repr(answer.headers),
            repr(rows),
            repr(pool.conditions),
            repr(here.runtime.snapshots.current),
        )
    )


def tells_nothing(text: str, secrets: tuple[str, ...]) -> None:
    for secret in secrets:
        assert secret not in text, secret
    assert not re.search("Signature=[0-9a-f]", text)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
@pytest.mark.parametrize("name", CASES)
async def test_what_a_vendor_repeats_is_told_nobody(
    name: str, status: int, streamed: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "switchboard")
    world, (make, secrets) = World(), CASES[name]
    world.vendor = echo(status)
    async with gateway(tmp_path, world, make()) as here:
        answer = await here.chat(stream=streamed)
        assert answer.status >= 400 and world.calls
        tells_nothing(everything(answer, here.rows(), here) + caplog.text, secrets)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 429, 500])
@pytest.mark.parametrize("name", EXCHANGED)
async def test_what_a_token_service_repeats_is_told_nobody(
    name: str, status: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world, (make, secrets) = World(), CASES[name]
    world.service = echo(status)
    async with gateway(tmp_path, world, make()) as here:
        answer = await here.chat()
        assert answer.status >= 400 and world.exchanges and not world.calls
        tells_nothing(everything(answer, here.rows(), here) + caplog.text, secrets)


@pytest.mark.parametrize("name", EXCHANGED)
async def test_a_test_of_a_token_tells_nothing_of_it(name: str) -> None:
    make, secrets = CASES[name]
    asked = make()
    asked = replace(asked, vendor=replace(asked.vendor, models_path="/models"))
    for at_service in (True, False):
        world = World()
        world.vendor = echo(401)
        if at_service:
            world.service = echo(401)
        clients = HttpClients(transport=FakeNetwork(world))
        result = await probe.test_token(clients, asked, asked.tokens[0])
        await clients.aclose()
        assert result.ok is False and bool(world.calls) is not at_service
        tells_nothing(repr(result), secrets)


async def test_a_failure_in_mid_stream_tells_nothing_of_a_granted_token(tmp_path: Path) -> None:
    world = World()

    def broken(request: httpx.Request) -> httpx.Response:
        return stream(chunk("Hel"), frame({"error": {"message": f"Saw {request.headers['authorization']}"}}), DONE)

    world.vendor = broken
    async with gateway(tmp_path, world, CASES["copilot"][0]()) as here:
        answer = await here.chat(stream=True)
        assert b"Hel" in answer.body and b"Saw" in answer.body
        tells_nothing(everything(answer, here.rows(), here), (COPILOTS,))


@pytest.mark.parametrize("status", [500, 502, 503, 302, 404])
@pytest.mark.parametrize("name", EXCHANGED)
async def test_a_broken_token_service_is_not_the_tokens_fault(name: str, status: int, tmp_path: Path) -> None:
    world = World()
    world.service = lambda request: reply(b"<html><title>Oops</title></html>", status)
    async with gateway(tmp_path, world, CASES[name][0]()) as here:
        for _ in range(5):
            assert (await here.chat()).status >= 400
        assert here.runtime.pool.condition(1).word(0) == "healthy"
        assert len(world.exchanges) <= 3, "a call each would keep it down"


async def test_a_grant_is_made_anew_once_for_all_calls_that_were_refused_with_it(tmp_path: Path) -> None:
    world = World()
    clients, clock = _clients(world)
    async with gateway(tmp_path, world, CASES["azure"][0](), clients=clients) as here:
        assert (await here.chat()).status == 200
        clock[0] += LEAST_USE + 1
        stale = world.calls[-1].headers["authorization"]
        world.vendor = lambda request: (
            reply({"error": "expired"}, 401) if request.headers["authorization"] == stale else reply(completion())
        )
        answers = await asyncio.gather(*(here.chat() for _ in range(10)))
        assert {one.status for one in answers} == {200} and len(world.exchanges) == 2


async def test_a_vendor_that_refuses_every_grant_does_not_make_every_call_exchange(tmp_path: Path) -> None:
    world = World()
    world.vendor = lambda request: reply({"error": "no"}, 401)
    async with gateway(tmp_path, world, CASES["copilot"][0]()) as here:
        for _ in range(5):
            assert (await here.chat()).status == 502
        assert len(world.exchanges) == 1 and len(world.calls) == 5


@pytest.mark.parametrize("secret", ["sk-of-my-own-server", "ghost-key"])
async def test_a_key_of_somebody_elses_server_is_not_sent_to_github(secret: str, tmp_path: Path) -> None:
    world = World()
    async with gateway(tmp_path, world, account("github_copilot", secret)) as here:
        assert (await here.chat()).status == 200
    assert not world.exchanges and world.calls[0].headers["authorization"] == f"Bearer {secret}"
    assert world.calls[0].url.host == "github_copilot.test"


async def test_a_provider_at_an_address_of_its_own_stays_there_whatever_a_grant_names(tmp_path: Path) -> None:
    world = World()
    told = {"token": "made-0123", "refresh_in": 1500, "endpoints": {"api": "https://elsewhere.test"}}
    world.service = lambda request: reply(told)
    async with gateway(tmp_path, world, CASES["copilot"][0]()) as here:
        assert (await here.chat()).status == 200
    assert {one.url.host for one in world.calls} == {"github_copilot.test"}


@pytest.mark.parametrize("name", CASES)
async def test_a_redirect_is_not_followed(name: str, tmp_path: Path) -> None:
    world = World()
    world.vendor = lambda request: reply({}, 307, {"location": "https://elsewhere.test/"})
    async with gateway(tmp_path, world, CASES[name][0]()) as here:
        assert (await here.chat()).status >= 400
    assert len(world.calls) == 1


@pytest.mark.parametrize("credential", [SERVICE_ACCOUNT, USER])
@pytest.mark.parametrize("uri", ["http://token.test/t", "file:///etc/passwd", "//token.test/t", "https:token"])
async def test_googles_credentials_are_exchanged_over_https_only(
    uri: str, credential: dict[str, Any], tmp_path: Path
) -> None:
    world = World()
    secret = json.dumps({**credential, "token_uri": uri})
    async with gateway(tmp_path, world, account("vertex_ai", secret)) as here:
        answer = await here.chat()
        assert answer.status == 502 and "https" in answer.json["error"]["message"]
    assert not world.exchanges and not world.calls


@pytest.mark.parametrize("life", [None, 0, -1, "3599", "soon", "nan", 1e300, 10**400, True, [], {}])
@pytest.mark.parametrize("name", EXCHANGED)
async def test_any_life_that_a_token_service_names_serves_calls(name: str, life: Any, tmp_path: Path) -> None:
    world = World()
    world.life = life
    async with gateway(tmp_path, world, CASES[name][0]()) as here:
        world.vendor = lambda request: reply({"candidates": []} if "vertex" in name else completion())
        await asyncio.gather(*(here.chat() for _ in range(3)))
        await here.chat()
    assert len(world.exchanges) == 1 and len(world.calls) == 4


async def test_a_copilot_token_that_is_over_by_our_clock_is_used_all_the_same(tmp_path: Path) -> None:
    world = World()
    world.service = lambda request: reply({"token": "tid=a;exp=1000000000", "expires_at": 1e9, "refresh_in": 1500})
    async with gateway(tmp_path, world, CASES["copilot"][0]()) as here:
        assert [(await here.chat()).status for _ in range(3)] == [200] * 3
    assert len(world.exchanges) == 1


async def test_a_token_service_that_hangs_does_not_hold_calls_as_long_as_a_vendor_may(tmp_path: Path) -> None:
    world = World()

    async def hangs(request: httpx.Request) -> httpx.Response:
        assert request.url.host == GITHUB
        await asyncio.sleep(60)
        raise AssertionError

    async with gateway(tmp_path, hangs, CASES["copilot"][0]()) as here:
        answer = await here.chat()
        assert answer.status == 504 and "token service" in answer.json["error"]["message"]
    assert not world.calls


def test_no_repr_tells_a_secret() -> None:
    for make, secrets in CASES.values():
        tells_nothing(repr(make()), secrets)
    facts = vendor("azure")
    token = with_secret(CompiledToken(id=1), ENTRA, facts, {})
    tells_nothing(repr(token), (CLIENT_SECRET,))


def _clients(world: World) -> tuple[HttpClients, list[float]]:
    """Clients whose grants have a clock that can be put on."""
    clock = [time.time()]
    clients = HttpClients(transport=FakeNetwork(world), grants=Grants(clock=lambda: clock[0]))
    return clients, clock
