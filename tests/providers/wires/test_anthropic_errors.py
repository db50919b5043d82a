"""Anthropic's refusals find their class, and ours are told in its envelope."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Target
from providers.errors import (
    AccessDenied,
    BadConfiguration,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.vendors.anthropic import VENDOR
from providers.wires import wire

WIRE = wire("anthropic")
TARGET = Target(provider="anthropic", model="claude-opus-5", vendor=VENDOR)


def refusal(status: int, kind: str, message: str) -> UpstreamError:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": None}
    return WIRE.read_error(status, {}, json.dumps(body).encode(), TARGET)


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        (400, "invalid_request_error", "tools.0: Field required", RequestRejected),
        (400, "invalid_request_error", "prompt is too long: 300000 tokens > 200000 maximum", ContextTooLong),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 9 + 9 > 10",
            ContextTooLong,
        ),
        (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.", QuotaExceeded),
        (400, "invalid_request_error", "You have reached your specified API usage limits.", QuotaExceeded),
        (400, "invalid_request_error", "This organization has been disabled.", CredentialInvalid),
        (400, "invalid_request_error", "Output blocked by content filtering policy", ContentRefused),
        (401, "authentication_error", "invalid x-api-key", CredentialInvalid),
        (402, "billing_error", "Pay first", QuotaExceeded),
        (403, "permission_error", "Your key does not have permission to use this model", AccessDenied),
        (403, "permission_error", "OAuth token has been revoked.", CredentialInvalid),
        (404, "not_found_error", "model: claude-nothing", ModelNotServed),
        (404, "not_found_error", "File not found: file_1", RequestRejected),
        (413, "request_too_large", "Request exceeds the maximum size", RequestRejected),
        (429, "rate_limit_error", "This request would exceed your rate limit", RateLimited),
        (500, "api_error", "Internal server error", VendorFailed),
        (504, "timeout_error", "Too slow", VendorTimeout),
        (529, "overloaded_error", "Overloaded", VendorOverloaded),
        (400, "something_new", "Whatever", RequestRejected),
    ],
)
def test_each_refusal_finds_its_class(status: int, kind: str, message: str, expected: type[UpstreamError]) -> None:
    error = refusal(status, kind, message)
    assert type(error) is expected
    assert (error.message, error.vendor_status, error.vendor_type) == (message, status, kind)


def test_a_refused_request_keeps_a_status_that_says_more() -> None:
    assert refusal(413, "request_too_large", "Too large").status == 413
    assert refusal(404, "not_found_error", "File not found").status == 404
    assert refusal(400, "invalid_request_error", "No").status == 400


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        (502, b"<html><head><title>502 Bad\n Gateway</title></head></html>", VendorFailed, "502 Bad Gateway"),
        (529, b"", VendorOverloaded, "the vendor answered 529"),
        (401, b'"no key"', CredentialInvalid, "no key"),
        (400, b'["a"]', RequestRejected, '["a"]'),
        (403, b'{"error":"forbidden"}', AccessDenied, "forbidden"),
        (500, b'{"message":"oops"}', VendorFailed, "oops"),
        (404, b"Not Found", VendorFailed, "Not Found"),
        (400, b"\xff\xfe", RequestRejected, "\ufffd\ufffd"),
    ],
)
def test_any_body_is_read(status: int, body: bytes, expected: type[UpstreamError], message: str) -> None:
    error = WIRE.read_error(status, {}, body, TARGET)
    assert (type(error), error.message) == (expected, message)


@given(
    status=st.integers(400, 599),
    body=st.binary(max_size=60) | st.text(max_size=30).map(lambda t: json.dumps({"error": t}).encode()),
)
def test_no_body_is_too_odd(status: int, body: bytes) -> None:
    error = WIRE.read_error(status, {"retry-after": body.decode(errors="replace")}, body, TARGET)
    assert error.message
    assert error.vendor_status == status


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), ("inf", None), ("nan", None)]
)
def test_retry_after_is_read_in_seconds(value: str, seconds: float | None) -> None:
    assert WIRE.read_error(429, {"retry-after": value}, b"{}", TARGET).retry_after == seconds


def test_retry_after_is_read_as_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    wait = WIRE.read_error(429, {"retry-after": when}, b"{}", TARGET).retry_after
    assert wait is not None and 85 < wait <= 90


@pytest.mark.parametrize("secret", ["sk-ant-api03-Abc_def-123456", "sk-ant-oat01-abcdefgh", "Bearer abcdefghijkl"])
def test_a_credential_in_a_message_is_masked(secret: str) -> None:
    message = refusal(401, "authentication_error", f"invalid key {secret} given").message
    assert secret.removeprefix("Bearer ") not in message
    assert message.startswith("invalid key ") and message.endswith(" given")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RequestRejected("x"), "invalid_request_error"),
        (UnsupportedFeature("x"), "invalid_request_error"),
        (SwitchboardError("x", status=401), "authentication_error"),
        (AccessDenied("x"), "permission_error"),
        (ModelNotServed("x"), "not_found_error"),
        (RequestRejected("x", status=413), "request_too_large"),
        (RateLimited("x"), "rate_limit_error"),
        (CredentialInvalid("x"), "api_error"),  # never the app's own key
        (VendorOverloaded("x"), "overloaded_error"),
        (BadConfiguration("x"), "api_error"),
        (VendorTimeout("x"), "timeout_error"),
    ],
)
def test_errors_are_told_in_anthropics_envelope(error: SwitchboardError, kind: str) -> None:
    written = json.loads(WIRE.write_error(error, request_id="req_1"))
    assert written == {"type": "error", "error": {"type": kind, "message": "x"}, "request_id": "req_1"}


def test_a_context_too_long_is_said_in_words_claude_code_looks_for() -> None:
    message = json.loads(WIRE.write_error(ContextTooLong("too many units"), request_id=""))["error"]["message"]
    assert message == "prompt is too long: too many units"
