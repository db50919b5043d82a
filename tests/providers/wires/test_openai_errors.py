"""Any error body of any vendor → one class of the tree, its words kept, its credentials not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import (
    AccessDenied,
    BadConfiguration,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    LargerThanLimit,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from tests.providers.wires.openai_cast import WIRE, target


def read(status: int, body: Any, **headers: str) -> UpstreamError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WIRE.read_error(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, target())


def openai(message: str, code: Any = None, kind: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


@pytest.mark.parametrize(
    "status, body, error",
    [
        (401, openai("Incorrect API key provided: sk-a***b.", "invalid_api_key"), CredentialInvalid),
        (401, {"detail": "Unauthorized"}, CredentialInvalid),
        (401, b"<html><head><title>401 Authorization Required</title></head></html>", CredentialInvalid),
        (401, b"", CredentialInvalid),
        (401, openai("You have insufficient permissions for this operation."), AccessDenied),
        (
            400,
            {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***k."},
            CredentialInvalid,
        ),
        (403, openai("Your API key is disabled"), CredentialInvalid),
        (
            400,
            [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}],
            CredentialInvalid,
        ),
        (
            403,
            openai("Country, region, or territory not supported", "unsupported_country_region_territory"),
            AccessDenied,
        ),
        (403, openai("Project does not have access to model `x`", "model_not_found"), AccessDenied),
        (403, {"code": "Forbidden", "error": "Content violates usage guidelines."}, ContentRefused),
        (402, openai("Insufficient Balance"), QuotaExceeded),
        (429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), QuotaExceeded),
        (400, {"error": "You have depleted your monthly included credits."}, QuotaExceeded),
        (
            429,
            openai("Rate limit reached on tokens per min (TPM): Limit 3, Requested 5", "rate_limit_exceeded"),
            RateLimited,
        ),
        (
            413,
            openai("Request too large for model `x` on tokens per minute (TPM)", "rate_limit_exceeded"),
            LargerThanLimit,
        ),
        (429, openai("Engine overloaded, try again", "engine_overloaded_error"), VendorOverloaded),
        (
            404,
            openai("The model `x` does not exist or you do not have access to it.", "model_not_found"),
            ModelNotServed,
        ),
        (400, openai("some/model is not a valid model ID", 400), ModelNotServed),
        (
            400,
            {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"},
            ModelNotServed,
        ),
        (404, {"code": "not found", "error": "The model g was deprecated on 2025-09-15."}, ModelNotServed),
        (404, b"404 page not found", VendorFailed),
        (410, b"", ModelNotServed),
        (400, openai("This model's maximum context length is 8 tokens.", "context_length_exceeded"), ContextTooLong),
        (400, openai("request (9 tokens) exceeds the available context size (5 tokens)", 400), ContextTooLong),
        (500, openai("Context size has been exceeded.", 500), ContextTooLong),
        (
            400,
            {"code": "x", "error": "This model's maximum prompt length is 5 but the request contains 9 tokens."},
            ContextTooLong,
        ),
        (400, openai("prompt too long; exceeded max context length by 7 tokens"), ContextTooLong),
        (
            400,
            openai("Filtered.", "content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}),
            ContentRefused,
        ),
        (400, openai("Unsupported parameter: 'max_tokens'", "unsupported_parameter"), RequestRejected),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}, RequestRejected),
        (500, openai("The server had an error", None, "server_error"), VendorFailed),
        (502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", VendorFailed),
        (503, openai("Loading model", 503, "unavailable_error"), VendorOverloaded),
        (529, b"", VendorOverloaded),
        (408, b"", VendorTimeout),
        (504, b"upstream timed out", VendorTimeout),
        (200, openai("Overloaded", None, "overloaded_error"), VendorOverloaded),
        (200, openai("boom"), VendorFailed),
        (200, openai("no such tool", "tool_use_failed", "invalid_request_error", status_code=400), RequestRejected),
    ],
)
def test_each_refusal_is_classed(status: int, body: Any, error: type[UpstreamError]) -> None:
    assert type(read(status, body)) is error


@pytest.mark.parametrize(
    "body, message",
    [
        (openai("words"), "words"),
        ({"error": "words"}, "words"),
        ({"error": ["one", {"message": "two"}]}, "one; two"),
        ({"detail": "words"}, "words"),
        ({"detail": [{"loc": ["body", "messages", 0], "msg": "bad"}]}, "body.messages.0: bad"),
        ({"object": "error", "message": {"detail": [{"loc": ["n"], "msg": "bad"}]}}, "n: bad"),
        ({"message": "words", "type": "t", "code": 400}, "words"),
        ({"code": "C", "error": "words"}, "words"),
        ({"errors": [{"message": "words", "code": 5023}], "success": False}, "words"),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": '{"error":"inner words"}'}}},
            "inner words",
        ),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": "plain words"}}}, "plain words"),
        ({"error": "400 Bad Request", "details": {"error": {"message": "words"}}}, "words"),
        ({"error": {"message": "Param Incorrect", "param": "only mp3 is taken"}}, "Param Incorrect: only mp3 is taken"),
        (["words"], "words"),
        (b"plain words", "plain words"),
        (b"<html><title>Bad\n gateway</title><p>x</p>", "Bad gateway"),
        (b"", "OpenAI answered HTTP 400 without a message"),
        ([], "OpenAI answered HTTP 400 without a message"),
    ],
)
def test_the_vendors_own_words_are_found(body: Any, message: str) -> None:
    assert read(400, body).message == message


def test_code_type_param_and_status_are_kept() -> None:
    error = read(400, {"error": {"message": "m", "type": "t", "param": "p", "code": "c"}})
    assert (error.vendor_status, error.vendor_code, error.vendor_type, error.param) == (400, "c", "t", "p")
    assert error.code == "c" and error.status == 400
    assert read(400, openai("m", 400)).code == "invalid_request_error"


def test_the_status_inside_a_200_is_the_vendors() -> None:
    assert read(200, openai("x", 502)).vendor_status == 502


@pytest.mark.parametrize(
    "words",
    [
        "Incorrect API key provided: sk-proj-abcDEF123.",
        "Incorrect API key provided: sk-abc***xyz",
        "bad header Authorization: Bearer abcdef123456",
        "api_key=verysecretvalue99 is wrong",
        "token ghp_abcDEF123456 has no access",
        "key AIzaSyA1234567890 rejected",
    ],
)
def test_no_credential_is_repeated(words: str) -> None:
    message = read(401, {"error": {"message": words, "code": words}}).message
    assert not any(secret in message for secret in ("abc", "secret", "Sy", "DEF"))
    assert "***" in message


def test_a_long_message_is_cut() -> None:
    assert len(read(400, openai("x" * 9000)).message) == 2000


@pytest.mark.parametrize(
    "echo",
    [
        "Invalid value: 'Incorrect API key provided'. Supported values are: 'system'",
        "messages[0]: unknown variant `invalid api key`, expected `user`",
        "Failed to parse the body of the request you sent to us, which began with the following characters and "
        "could not be understood by the server that was to read it: incorrect api key provided, rate limit",
    ],
)
def test_a_prompt_that_a_vendor_quotes_cannot_take_a_token_out(echo: str) -> None:
    assert type(read(400, openai(echo))) is RequestRejected


def test_waits_are_read_from_headers() -> None:
    assert read(429, b"", retry_after="7").retry_after == 7
    assert read(429, b"", retry_after="1.5").retry_after == 1.5
    assert read(429, b"", retry_after="9", retry_after_ms="250").retry_after == 0.25
    now, later = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT"
    assert read(429, b"", retry_after=later, date=now).retry_after == 30
    assert read(429, b"", retry_after=now, date=later).retry_after == 0
    for odd in ("soon", "-5", "nan", "inf", "٣", ""):
        assert read(429, b"", retry_after=odd).retry_after is None


@given(st.sampled_from([200, 400, 401, 403, 404, 429, 500, 503, 599]), st.binary(max_size=60))
def test_any_bytes_are_read(status: int, body: bytes) -> None:
    assert read(status, body).message


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "message", "detail", "code", "loc", "msg", "metadata", "raw", "details", "errors", "type"]
                ),
                inner,
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_is_read(body: Any) -> None:
    assert read(400, body).message


def test_a_deep_body_is_read() -> None:
    assert read(500, b'{"error":' * 50_000).message


def test_the_envelope_is_openais_and_names_the_vendors_own_answer() -> None:
    error = read(429, openai("slow down", "rate_limit_exceeded"))
    error.provider = "groq"
    assert json.loads(WIRE.write_error(error, request_id="r")) == {
        "error": {
            "message": "slow down",
            "type": "rate_limit_error",
            "param": None,
            "code": "rate_limit_exceeded",
            "provider": "groq",
            "vendor_status": 429,
            "vendor_code": "rate_limit_exceeded",
        }
    }
    own = json.loads(WIRE.write_error(BadConfiguration("no address"), request_id="r"))["error"]
    assert own == {"message": "no address", "type": "api_error", "param": None, "code": "provider_misconfigured"}
