"""Vertex AI: Gemini at other addresses, Claude with its model in the address, and which model speaks which."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Call, Finish, Message, Target, Text, ToolCall
from providers.errors import CredentialInvalid, ModelNotServed, RateLimited, VendorOverloaded
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.base import fold

VENDOR = vendor("vertex_ai")
GEMINI, CLAUDE = wire("vertex_gemini"), wire("vertex_anthropic")
SETTINGS = {"project": "p", "location": "global"}


def target(model: str) -> Target:
    return Target(provider="vertex_ai", model=model, vendor=VENDOR, settings=SETTINGS)


def call(**more: Any) -> Call:
    return Call(model="m", messages=(Message(role="user", parts=(Text(text="Hi"),)),), max_output=64, **more)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gemini-3.8-flash", "vertex_gemini"),
        ("google/gemini-3.8-flash", "vertex_gemini"),
        ("publishers/google/models/gemini-3.8-flash", "vertex_gemini"),
        ("endpoints/1234567890", "vertex_gemini"),
        ("claude-haiku-4-5@20251001", "vertex_anthropic"),
        ("anthropic/claude-opus-5-5", "vertex_anthropic"),
        ("publishers/anthropic/models/claude-opus-5-5", "vertex_anthropic"),
        ("zai-org/glm-5.2-maas", "openai"),
    ],
)
def test_the_model_decides_the_wire(model: str, name: str) -> None:
    assert VENDOR.wire_for is not None
    assert (VENDOR.wire_for(model, {}) or VENDOR.wire) == name


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro"),
        ("google/gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro"),
        ("models/gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro"),
        ("publishers/google/models/gemini-2.5-pro", "/publishers/google/models/gemini-2.5-pro"),
        ("endpoints/12", "/endpoints/12"),
        ("projects/p/locations/us-central1/endpoints/12", "/endpoints/12"),
    ],
)
def test_where_googles_models_are(model: str, path: str) -> None:
    assert GEMINI.write_request(call(), target(model)).path == f"{path}:generateContent"
    assert GEMINI.write_request(call(stream=True), target(model)).path == f"{path}:streamGenerateContent?alt=sse"


def test_both_carry_the_bodies_of_the_wires_they_are_of() -> None:
    assert (GEMINI.name, GEMINI.dialect) == ("vertex_gemini", "gemini")
    assert (CLAUDE.name, CLAUDE.dialect) == ("vertex_anthropic", "anthropic")
    assert wire("anthropic").name == "anthropic" and wire("gemini").name == "gemini"


@pytest.mark.parametrize(
    "model", ["claude-haiku-4-5@20251001", "publishers/anthropic/models/claude-haiku-4-5@20251001"]
)
def test_claude_has_its_model_in_the_address_and_the_version_in_the_body(model: str) -> None:
    parts = CLAUDE.write_request(call(), target(model))
    assert parts.path == "/publishers/anthropic/models/claude-haiku-4-5@20251001:rawPredict"
    assert json.loads(parts.content) == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }


def test_a_stream_of_claude_has_an_address_of_its_own() -> None:
    parts = CLAUDE.write_request(call(stream=True), target("claude-opus-5-5"))
    assert parts.path == "/publishers/anthropic/models/claude-opus-5-5:streamRawPredict"
    assert json.loads(parts.content)["stream"] is True


def test_an_anthropic_apps_body_passes_through() -> None:
    body = {"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "betas": ["b1"], "new": 1}
    parts = CLAUDE.patch_request(body, target("claude-opus-5-5"))
    assert json.loads(parts.content) == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "new": 1,
    }
    assert parts.headers == (("anthropic-beta", "b1"),) and body["model"] == "x"
    assert parts.path.endswith("/claude-opus-5-5:rawPredict")


def test_claudes_answer_is_anthropics() -> None:
    message = {
        "id": "msg_vrtx_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 9, "output_tokens": 3},
    }
    where = target("claude-haiku-4-5@20251001")
    reply = CLAUDE.read_reply(json.dumps(message).encode(), where)
    assert isinstance(reply.choices[0].parts[0], ToolCall) and reply.choices[0].finish is Finish.TOOL_CALLS
    reader = CLAUDE.stream_reader(where)
    assert fold([*reader.feed(json.dumps(message).encode()), *reader.close()]) == reply


GOOGLES = {"error": {"code": 429, "message": "Quota exceeded for online_prediction.", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, GOOGLES, RateLimited),
        (429, [GOOGLES], RateLimited),
        (401, {"error": {"code": 401, "message": "No.", "status": "UNAUTHENTICATED"}}, CredentialInvalid),
        (
            404,
            {"error": {"code": 404, "message": "Publisher Model x was not found", "status": "NOT_FOUND"}},
            ModelNotServed,
        ),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, VendorOverloaded),
    ],
)
def test_claudes_refusals_are_googles_or_anthropics(status: int, body: Any, kind: type[Exception]) -> None:
    assert type(CLAUDE.read_error(status, {}, json.dumps(body).encode(), target("claude-opus-5-5"))) is kind


def test_open_models_are_asked_at_the_openai_address() -> None:
    parts = wire("openai").write_request(call(), target("zai-org/glm-5.2-maas"))
    assert parts.path == "/endpoints/openapi/chat/completions"
    assert json.loads(parts.content)["model"] == "zai-org/glm-5.2-maas"
