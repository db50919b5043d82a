"""The lean door: keys, paths, bodies; whatever comes gets an answer in OpenAI's envelope."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.harness import SECRET, completion, gateway, key_facts, provider, reply


async def hello(request: httpx.Request) -> httpx.Response:
    return reply(completion())


@pytest.mark.parametrize(
    ("facts", "key", "status", "code"),
    [
        (key_facts(), None, 401, "invalid_api_key"),
        (key_facts(), "sk-unknown", 401, "invalid_api_key"),
        (key_facts(enabled=False), SECRET, 401, "invalid_api_key"),
        (key_facts(expires_at=1.0), SECRET, 401, "invalid_api_key"),
        (key_facts(expires_at=4e9), SECRET, 200, ""),
        (key_facts(scopes=frozenset({"monitoring"})), SECRET, 403, "permission_denied"),
    ],
)
async def test_who_may_call(tmp_path: Path, facts: Any, key: str | None, status: int, code: str) -> None:
    async with gateway(tmp_path, hello, keys={SECRET: facts}) as one:
        got = await one.chat(key=key)
        assert got.status == status
        assert not code or got.json["error"]["code"] == code
        assert "x-request-id" in got.headers
        assert (status == 200) == bool(one.network.requests)


async def test_anonymous_access_lets_this_machine_in_but_nobody_behind_a_proxy(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello, anonymous_access="on") as one:
        assert (await one.chat(key="dummy")).status == 200
        assert (await one.chat(key=None)).status == 200
        assert (await one.chat(key="dummy", headers=[(b"x-forwarded-for", b"9.9.9.9")])).status == 401
        assert (await one.chat(key="dummy", headers=[(b"host", b"rebound.example:4000")])).status == 401
        assert [row.api_key for row in one.rows()] == ["anonymous", "anonymous"]


async def test_models_are_listed_with_their_owner_and_their_prefixed_names(tmp_path: Path) -> None:
    cast = provider(models=("m1", "org/m2")), provider("lead_worker", vendor_slug="lead_worker", models=("planner",))
    async with gateway(tmp_path, hello, *cast) as one:
        got = await one.call("/v1/models", method="GET")
        rows = {row["id"]: row["owned_by"] for row in got.json["data"]}
        assert rows == {
            "auto": "switchboard",
            "m1": "acme",
            "org/m2": "acme",
            "planner": "lead_worker",
            "ext-leadworker-planner": "lead_worker",
        }
        detail = await one.call("/v1/models/org/m2", method="GET")
        assert detail.json["id"] == "org/m2" and detail.json["object"] == "model"
        assert (await one.call("/v1/models/none", method="GET")).status == 404


async def test_a_key_lists_only_what_it_may_call(tmp_path: Path) -> None:
    keys = {SECRET: key_facts(allowed_models=("m1",))}
    async with gateway(tmp_path, hello, provider(models=("m1", "m2")), keys=keys) as one:
        got = await one.call("/v1/models", method="GET")
        assert [row["id"] for row in got.json["data"]] == ["m1"]
        assert (await one.call("/v1/models/m2", method="GET")).status == 404


async def test_health_needs_no_key(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.call("/healthz", method="GET", key=None)
        assert (got.status, got.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "method", "body", "headers", "status"),
    [
        ("/v1/nothing", "POST", {}, [], 404),
        ("/v1/chat/completions", "GET", None, [], 405),
        ("/v1/chat/completions", "DELETE", None, [], 405),
        ("/v1/chat/completions", "OPTIONS", None, [], 405),
        ("/v1/chat/completions", "POST", b"", [], 400),
        ("/v1/chat/completions", "POST", b"{", [], 400),
        ("/v1/chat/completions", "POST", b"[]", [], 400),
        ("/v1/chat/completions", "POST", b"\xff\xfe", [], 400),
        ("/v1/chat/completions", "POST", b'{"model": "m1", "model": 3}', [], 400),
        ("/v1/chat/completions", "POST", b"[" * 50_000, [], 400),
        ("/v1/chat/completions", "POST", b'{"a":' * 15_000 + b"1" + b"}" * 15_000, [], 400),
        ("/v1/chat/completions", "POST", b'{"model":"m1","messages":[{}],"n":1e999}', [], 400),
        ("/v1/chat/completions", "POST", b"x" * 100_001, [], 413),
        ("/v1/chat/completions", "POST", {"messages": []}, [], 400),
        ("/v1/chat/completions", "POST", {"model": "m1"}, [], 400),
        ("/v1/chat/completions", "POST", {"model": "m1", "messages": "hi"}, [], 400),
        ("/v1/chat/completions", "POST", {"model": "m1", "messages": [1], "stream": "yes"}, [], 400),
        ("/v1/chat/completions", "POST", {"model": "x" * 300, "messages": [{}]}, [], 400),
        ("/v1/chat/completions", "POST", {"model": "m1", "messages": [{}], "stream_options": 3}, [], 400),
    ],
)
async def test_what_is_malformed_is_refused_clearly(
    tmp_path: Path, path: str, method: str, body: Any, headers: Any, status: int
) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.call(path, body, method=method, headers=headers)
        assert got.status == status
        error = got.json["error"]
        assert error["message"] and set(error) >= {"message", "type", "param", "code"}
        assert not one.network.requests


async def test_another_media_type_is_a_415(tmp_path: Path) -> None:
    async with gateway(tmp_path, hello) as one:
        got = await one.call(body=b"model=m1", headers=[(b"content-type", b"application/x-www-form-urlencoded")])
        assert got.status == 415


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
FIELDS = ("model", "messages", "stream", "stream_options", "tools", "tool_choice", "n", "stop", "max_tokens", "user")
BODIES = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), VALUES, max_size=8)
PATHS = st.sampled_from(
    ["/v1/chat/completions", "/v1/models", "/v1/models/m1", "/v1/models/\u2603", "/healthz", "/v1/", "/v1//x"]
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"authorization",
                b"content-type",
                b"content-length",
                b"host",
                b"x-forwarded-for",
                b"x-switchboard-hop",
                b"cookie",
            ]
        ),
        st.binary(max_size=30),
    ),
    max_size=3,
)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    path=PATHS,
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "PATCH"]),
    body=BODIES | st.binary(max_size=200) | st.text(alphabet=string.printable, max_size=50).map(str.encode),
    headers=HEADERS,
    wire_model=st.sampled_from(["m1", "ant", None]),
)
async def test_no_request_at_all_is_answered_with_a_500(
    tmp_path_factory: pytest.TempPathFactory, path: str, method: str, body: Any, headers: Any, wire_model: str | None
) -> None:
    if isinstance(body, dict) and wire_model is not None:
        body = {"messages": [{"role": "user", "content": "Hi"}], **body, "model": wire_model}
    if isinstance(body, dict):
        body = json.dumps(body).encode("utf-8", "surrogatepass")
    cast = provider(), provider("claude", vendor_slug="anthropic", models=("ant",))
    async with gateway(tmp_path_factory.mktemp("door"), hello, *cast) as one:
        got = await one.call(path, body, method=method, headers=headers)
    assert got.status and got.status != 500
    if got.status >= 400:
        assert got.json["error"]["message"]
