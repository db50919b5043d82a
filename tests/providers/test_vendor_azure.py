"""Azure OpenAI: two addresses, three kinds of credential, its own errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Target
from providers.errors import (
    AccessDenied,
    ContentRefused,
    CredentialInvalid,
    ModelNotServed,
    RateLimited,
    RequestRejected,
    UpstreamError,
)
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.base import fold

AZURE = vendor("azure")
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8}


def target(model: str = "my-gpt", **settings: str) -> Target:
    return Target(provider="azure", model=model, vendor=AZURE, settings=settings)


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("", "/openai/v1/chat/completions"),
        ("v1", "/openai/v1/chat/completions"),
        ("2024-10-21", "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"),
    ],
)
def test_the_api_version_says_where_chat_is(version: str, path: str) -> None:
    chat, where = wire("azure"), target(api_version=version)
    assert chat.write_request(chat.read_request(CHAT), where).path == path
    patched = chat.patch_request(dict(CHAT), where)
    assert patched.path == path and json.loads(patched.content)["max_completion_tokens"] == 8
    assert chat.dialect == "openai" and chat.name == "azure"


def test_a_deployments_name_is_no_way_out_of_its_path() -> None:
    chat = wire("azure")
    parts = chat.patch_request(dict(CHAT), target(model="../x?a=b", api_version="2024-10-21"))
    assert parts.path == "/openai/deployments/..%2Fx%3Fa%3Db/chat/completions?api-version=2024-10-21"


def test_responses_and_claude_are_called_at_their_own_addresses() -> None:
    responses, claude = wire("responses"), wire("azure_anthropic")
    assert responses.patch_request({"model": "m", "input": "Hi"}, target()).path == "/openai/v1/responses"
    parts = claude.patch_request({**CHAT}, target(model="claude-haiku-5-5"))
    assert parts.path == "/anthropic/v1/messages" and ("anthropic-version", "2023-06-01") in parts.headers
    assert claude.dialect == "anthropic"
    translated = claude.write_request(wire("openai").read_request(CHAT), target(model="claude-haiku-5-5"))
    assert translated.path == "/anthropic/v1/messages" and json.loads(translated.content)["max_tokens"] == 8


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-haiku-5-5", "azure_anthropic"),
        ("gpt-5-codex", "responses"),
        ("o3-pro", "responses"),
        ("gpt-5.4-mini", None),
        ("production", None),
    ],
)
def test_a_deployment_is_called_in_the_wire_of_its_model(model: str, name: str | None) -> None:
    assert AZURE.wire_for is not None and AZURE.wire_for(model, {}) == name


def test_a_token_is_a_key_an_access_token_or_an_application() -> None:
    assert AZURE.auth.headers("0123abcd") == (("api-key", "0123abcd"),)
    assert AZURE.auth.headers("eyJ.a.b") == (("Authorization", "Bearer eyJ.a.b"),)
    assert AZURE.auth.headers("tenant:client:secret") is None
    assert AZURE.auth.headers('{"tenant": "t"}') is None


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (
            400,
            {
                "code": "content_filter",
                "message": "The response was filtered.",
                "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
            },
            ContentRefused,
        ),
        (
            422,
            {"code": "Invalid input", "status": 422, "message": "invalid input error", "details": [{}]},
            RequestRejected,
        ),
        (429, {"code": "RateLimitReached", "message": "Retry after 26 seconds."}, RateLimited),
        (401, {"code": "401", "message": "Access denied due to invalid subscription key."}, CredentialInvalid),
        (
            401,
            {"code": "PermissionDenied", "message": "Principal does not have access to API/Operation."},
            AccessDenied,
        ),
        (404, {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}, ModelNotServed),
    ],
)
def test_its_errors_are_told_apart(status: int, error: dict[str, Any], kind: type[UpstreamError]) -> None:
    found = wire("azure").read_error(status, {}, json.dumps({"error": error}).encode(), target())
    assert type(found) is kind and found.vendor_status == status


def test_the_first_chunk_has_no_id() -> None:
    first = {"id": "", "model": "", "created": 0, "object": "", "choices": [], "prompt_filter_results": []}
    second = {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "created": 5,
        "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}],
    }
    reader = wire("azure").stream_reader(target())
    events = reader.feed(
        b"".join(f"data: {json.dumps(one)}\n\n".encode() for one in (first, second)) + b"data: [DONE]\n\n"
    )
    reply = fold(events)
    assert (reply.id, reply.model) == ("chatcmpl-1", "gpt-4o")
