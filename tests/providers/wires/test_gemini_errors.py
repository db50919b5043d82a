"""What Google refuses, in every shape it comes in, becomes the right error."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.vendors import vendor
from providers.wires import wire

WIRE = wire("gemini")
TARGET = Target(provider="google", model="gemini-2.5-pro", vendor=vendor("google"))


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def info(reason: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def quota(*ids: str, value: str = "20") -> dict[str, Any]:
    violations = [{"quotaMetric": "m", "quotaId": one, "quotaValue": value} for one in ids]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def retry(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


SPENT = "You exceeded your current quota, please check your plan and billing details."
CASES: list[tuple[dict[str, Any], type[UpstreamError]]] = [
    (error(400, "INVALID_ARGUMENT", "API key not valid.", info("API_KEY_INVALID")), CredentialInvalid),
    (error(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."), CredentialInvalid),
    (error(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), CredentialInvalid),
    (error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."), CredentialInvalid),
    (error(401, "UNAUTHENTICATED", "API keys are not supported.", info("CREDENTIALS_MISSING")), CredentialInvalid),
    (error(403, "PERMISSION_DENIED", "Permission denied on resource project x."), AccessDenied),
    (error(403, "PERMISSION_DENIED", "API not enabled.", info("SERVICE_DISABLED")), AccessDenied),
    (error(403, "PERMISSION_DENIED", "Enable billing.", info("BILLING_DISABLED")), QuotaExceeded),
    (error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), AccessDenied),
    (error(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum of 8."), ContextTooLong),
    (error(400, "INVALID_ARGUMENT", "the input token count is 9 but model only supports up to 8."), ContextTooLong),
    (error(400, "INVALID_ARGUMENT", "It violates Google's Responsible AI practices."), ContentRefused),
    (error(400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.top_k'"), RequestRejected),
    (error(404, "NOT_FOUND", "models/x is not found for API version v1beta."), ModelNotServed),
    (error(404, "NOT_FOUND", "Publisher Model `projects/p/models/x` was not found."), ModelNotServed),
    (error(404, "NOT_FOUND", "Cached content c was not found."), RequestRejected),
    (error(429, "RESOURCE_EXHAUSTED", SPENT, quota("RequestsPerDayPerProject"), retry("9s")), QuotaExceeded),
    (error(429, "RESOURCE_EXHAUSTED", SPENT, quota("InputTokensPerModelPerMinute", value="0")), QuotaExceeded),
    (error(429, "RESOURCE_EXHAUSTED", SPENT, quota("RequestsPerMinutePerProject"), retry("34.07s")), RateLimited),
    (error(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."), RateLimited),
    (error(503, "UNAVAILABLE", "The model is overloaded."), VendorOverloaded),
    (error(500, "INTERNAL", "An internal error has occurred."), VendorFailed),
    (error(504, "DEADLINE_EXCEEDED", "Deadline expired."), VendorTimeout),
]


@pytest.mark.parametrize(("body", "kind"), CASES)
def test_googles_errors_are_told_apart(body: dict[str, Any], kind: type[UpstreamError]) -> None:
    status = body["error"]["code"]
    for shape in (body, [body]):
        found = WIRE.read_error(status, {}, json.dumps(shape).encode(), TARGET)
        assert type(found) is kind and found.vendor_status == status
        assert found.vendor_type == body["error"]["status"] and found.message == body["error"]["message"]


@pytest.mark.parametrize(("body", "kind"), CASES)
def test_an_error_inside_a_200_is_the_same(body: dict[str, Any], kind: type[UpstreamError]) -> None:
    with pytest.raises(kind):
        WIRE.read_reply(json.dumps([body]).encode(), TARGET)


def test_the_wait_is_read_from_details_message_or_header() -> None:
    told = error(429, "RESOURCE_EXHAUSTED", SPENT, quota("PerMinute"), retry("34.07s"))
    said = error(429, "RESOURCE_EXHAUSTED", "Please retry in 20.04466179s.")
    assert _wait(told) == 34.07
    assert _wait(said) == 20.04466179
    assert _wait(said, {"retry-after": "5"}) == 5
    assert _wait(error(429, "RESOURCE_EXHAUSTED", "Later.")) is None


def _wait(body: dict[str, Any], headers: dict[str, str] | None = None) -> float | None:
    return WIRE.read_error(429, headers or {}, json.dumps(body).encode(), TARGET).retry_after


def test_no_key_is_ever_repeated() -> None:
    body = error(400, "INVALID_ARGUMENT", "API key AIzaSyA1234567890abcdefghij is not valid.")
    assert "AIza" not in WIRE.read_error(400, {}, json.dumps(body).encode(), TARGET).message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, b"<html><title>502 Bad Gateway</title></html>", VendorFailed),
        (404, b"<html><title>Error 404 (Not Found)!!1</title></html>", VendorFailed),
        (429, b"", RateLimited),
        (400, b'{"error":"bad thing"}', RequestRejected),
        (503, b'["busy"]', VendorOverloaded),
        (401, b'{"error":{"message":"no"}}', CredentialInvalid),
        (400, b'{"error":{"code":"x","message":7,"status":3}}', RequestRejected),
        (500, b"\xff\xfe", VendorFailed),
    ],
)
def test_shapes_that_are_not_googles_are_read_too(status: int, body: bytes, kind: type[UpstreamError]) -> None:
    assert type(WIRE.read_error(status, {}, body, TARGET)) is kind


def test_our_errors_go_out_in_googles_envelope() -> None:
    written = json.loads(WIRE.write_error(RateLimited("Slow down.", retry_after=7), request_id="q1"))["error"]
    assert (written["code"], written["status"], written["message"]) == (429, "RESOURCE_EXHAUSTED", "Slow down.")
    assert written["details"][1]["retryDelay"] == "7s" and written["details"][2]["requestId"] == "q1"
    assert json.loads(WIRE.write_error(BadConfiguration("x"), request_id=""))["error"]["status"] == "UNAVAILABLE"
    assert WIRE.write_stream_error(RateLimited("x"), request_id="q").startswith(b"data: {")
