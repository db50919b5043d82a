"""Whatever comes in: an error in OpenAI's envelope that says what is wrong, and never a 500."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.api.rate import WINDOW, Rate, Window
from tests.monitoring.api.cast import Asker, Cast, read
from tests.monitoring.api.test_access import CHANGES, EVERY_PATH

API = "/api/monitoring/providers"


@pytest.fixture
def root(cast: Cast) -> Asker:
    return Asker(cast.keys["root"])


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        (API, {"limit": 0}, "limit"),
        (API, {"limit": "9" * 30}, "limit"),
        (API, {"cursor": "%%%"}, "cursor"),
        (API, {"cursor": "AA"}, "cursor"),
        (API, {"enabled": "perhaps"}, "enabled"),
        (API, {"search": "a\0b"}, "search"),
        (API, {"limits": 5}, "limits"),
        (f"{API}/tokens/all", {"cursor": "eHk"}, "cursor"),
        (f"{API}/tokens/all", {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "cursor"),
        (f"{API}/openai/models", {"can": "fly"}, "can"),
        (f"{API}/openai/logs", {"cursor": "x"}, "cursor"),
        (f"{API}/openai/logs", {"level": "loud"}, "level"),
        (f"{API}/openai/logs", {"text": "\0"}, "text"),
        ("/providers/metrics", {"span": "1y"}, "span"),
        ("/providers/metrics", {"span": "9999d"}, "span"),
        ("/providers/metrics", {"span": "1h", "since": "2026-01-01T00:00Z"}, "span"),
        ("/providers/metrics", {"since": "yesterday"}, "since"),
        ("/providers/metrics", {"since": "1800-01-01T00:00Z"}, "since"),
        ("/providers/metrics", {"since": "2026-02-01T00:00Z", "until": "2026-01-01T00:00Z"}, "since"),
        ("/providers/metrics", {"until": "9999-12-31T23:59:59-23:00"}, "until"),
        ("/providers/costs", {"by": "moon"}, "by"),
        ("/providers/status", {"x": 1}, "x"),
        ("/providers/logs", {"limit": "1e3"}, "limit"),
        ("/providers/logs", {"cursor": "x.y"}, "cursor"),
        ("/providers/logs", {"cost_min": "1e400"}, "cost_min"),
        ("/providers/logs/openai", {"provider": "groq"}, "provider"),
    ],
)
def test_a_wrong_parameter_is_named(root: Asker, path: str, params: dict[str, Any], param: str) -> None:
    status, body = root.get(path, **params)
    assert (status, body["error"]["param"], body["error"]["type"]) == (400, param, "invalid_request_error")


@pytest.mark.parametrize("path", ["/providers/metrics/opnai", f"{API}/opnai/models", f"{API}/opnai/tokens"])
def test_an_unknown_provider_is_a_404_that_names_those_near(root: Asker, path: str) -> None:
    status, body = root.get(path)
    assert (status, body["error"]["code"]) == (404, "provider_not_found") and "openai" in body["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/providers/nothing", "/providers/", "/providers/logs/", "/api/nothing", f"{API}/", "/providers/logs/a/b"]
)
def test_an_address_that_is_none_is_a_404_in_the_same_envelope(path: str) -> None:
    for method in ("get", "post", "delete"):
        status, body = read(getattr(Client(), method)(path))
        assert (status, body["error"]["code"]) == (404, "unknown_url")


@pytest.mark.parametrize("path", EVERY_PATH)
def test_a_wrong_method_is_told_which_are_right(root: Asker, path: str) -> None:
    for method in ("post", "put", "delete", "patch", "options"):
        reply = getattr(root.client, method)(path)
        assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")
        assert json.loads(reply.content)["error"]["code"] == "method_not_allowed"
    assert root.client.head(path).status_code == 200


@pytest.mark.parametrize("path", CHANGES)
def test_what_is_posted_is_not_got(root: Asker, path: str) -> None:
    reply = root.client.get(path)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "invalid_json"),
        ("[]", 400, "invalid_request_error"),
        ("null", 400, "invalid_request_error"),
        (b"\xff\xfe", 400, "invalid_json"),
        ('{"seconds": "\\ud800"}', 400, "invalid_json"),
        ("[" * 100_000, 400, "invalid_json"),
        ({"unknown": 1}, 400, "invalid_request_error"),
        ({"seconds": "ten"}, 400, "invalid_request_error"),
        ({"seconds": 10**400}, 400, None),
        ({"fingerprint": 5}, 400, "invalid_request_error"),
        ({"fingerprint": "a\0b"}, 404, "not_found"),
    ],
)
def test_a_wrong_body_is_refused(root: Asker, body: Any, status: int, code: str | None) -> None:
    got, answer = root.post(f"{API}/openai/rotate-token", body)
    assert got == status and code in (None, answer["error"]["code"])


@pytest.mark.parametrize("path", CHANGES)
def test_a_body_that_is_too_large_or_no_json_is_refused(root: Asker, path: str, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 1024
    assert root.post(path, '{"x": "' + "y" * 2000 + '"}')[1]["error"]["code"] == "request_too_large"
    for media in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        reply = root.client.post(path, "a=b", content_type=media)
        assert (reply.status_code, json.loads(reply.content)["error"]["code"]) == (415, "unsupported_media_type")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(EVERY_PATH),
    params=st.dictionaries(
        st.sampled_from(["limit", "cursor", "span", "since", "until", "search", "provider", "by", "text", "status"]),
        st.text(max_size=20) | st.integers().map(str) | st.datetimes().map(str),
        max_size=3,
    ),
)
def test_any_query_is_answered_or_refused(
    root: Asker, caplog: pytest.LogCaptureFixture, path: str, params: dict[str, str]
) -> None:
    with caplog.at_level(logging.ERROR):
        status, body = root.get(path, **params)
    assert status in (200, 400, 404) and (status == 200 or body["error"]["message"])
    assert not caplog.records


# --- how often -----------------------------------------------------------------------------------


def test_more_than_the_rate_is_told_when_to_come_back(
    root: Asker, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(Rate, "window", Window(clock=lambda: now[0]))
    settings.MONITORING_API_RATE = 3
    for _ in range(3):
        assert root.get("/providers/status")[0] == 200
        now[0] += 5
    reply = root.client.get("/providers/status")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "45")
    assert json.loads(reply.content)["error"]["code"] == "rate_limit_exceeded"
    assert Asker(cast.keys["watcher"]).get("/providers/status")[0] == 200, "each key by itself"
    now[0] += 45
    assert root.get("/providers/status")[0] == 200
    settings.MONITORING_API_RATE = 0
    assert root.get("/providers/status")[0] == 200


@given(gaps=st.lists(st.floats(min_value=0, max_value=40), max_size=60), limit=st.integers(min_value=1, max_value=8))
def test_in_no_minute_pass_more_than_the_limit_and_the_wait_is_true(gaps: list[float], limit: int) -> None:
    now = [0.0]
    window = Window(clock=lambda: now[0])
    passed: list[float] = []
    for gap in gaps:
        now[0] += gap
        wait = window.wait("ada", limit=limit)
        if not wait:
            passed.append(now[0])
        assert wait <= WINDOW and len([one for one in passed if one > now[0] - WINDOW]) <= limit
        if wait > 1e-6:
            now[0] += wait + 1e-6
            assert window.wait("ada", limit=limit) == 0
            passed.append(now[0])


def test_callers_who_are_quiet_are_forgotten() -> None:
    now = [0.0]
    window = Window(clock=lambda: now[0])
    for number in range(1500):
        window.wait(str(number), limit=1)
    now[0] = 100.0
    window.wait("last", limit=1)
    assert len(window._calls) == 1
