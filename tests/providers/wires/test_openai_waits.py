"""How long a vendor wants to be left alone, in its headers' words and in its message's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.wires.openai.waits import read_wait


@pytest.mark.parametrize(
    "message, wait",
    [
        ("Please try again in 7.66s. Visit …", 7.66),
        ("Please try again in 1m26.4s.", 86.4),
        ("Please try again in 2h3m4s", 7384),
        ("Please try again in 250ms.", 0.25),
        ("Please try again in 250 milliseconds.", 0.25),
        ("Please retry after 7 seconds.", 7),
        ("please try again after 1 seconds", 1),
        ("Try again in 5 minutes", 300),
        ("Please wait 60 seconds before retrying.", 60),
        ("Retry your request in 3 s", 3),
        ("try again in a moment", None),
        ("try again in 7 megabytes", None),
        ("You used 7s of 9s", None),
        ("", None),
    ],
)
def test_a_wait_is_read_from_the_message(message: str, wait: float | None) -> None:
    found = read_wait({}, message=message)
    assert found == (None if wait is None else pytest.approx(wait))


def test_a_header_goes_before_the_message() -> None:
    assert read_wait({"Retry-After": "3"}, message="try again in 7s") == 3


def test_the_longest_reset_of_a_used_up_limit_counts() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "981",
        "x-ratelimit-reset-requests": "27m21.6s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1.65s",
        "X-RateLimit-Remaining-Minute": "0",
        "X-RateLimit-Reset-Minute": "11.382867097854614",
    }
    assert read_wait(headers, message="") == pytest.approx(11.38, abs=0.01)
    assert read_wait({**headers, "x-ratelimit-remaining-requests": "0"}, message="") == pytest.approx(1641.6)


@pytest.mark.parametrize("reset", ["1795240807", "1795240807000"])
def test_a_reset_that_is_a_time_is_held_against_the_vendors_clock(reset: str) -> None:
    repeated = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    now = {"date": "Sat, 21 Nov 2026 06:00:00 GMT"}
    assert read_wait(repeated, now, message="") == 7
    assert read_wait(repeated, {"date": "Sat, 21 Nov 2026 07:00:00 GMT"}, message="") == 0


def test_an_error_that_no_wait_mends_listens_to_retry_after_alone() -> None:
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}
    assert read_wait(used_up, message=None) is None
    assert read_wait({**used_up, "retry-after": "2"}, message=None) == 2


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_words_are_read(message: str, reset: str) -> None:
    found = read_wait({"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}, message=f"try again in {message}")
    assert found is None or found >= 0
