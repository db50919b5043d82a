"""The headers, as OpenAI writes them."""

from __future__ import annotations

import pytest

from gateway.limits.compiled import Rule
from gateway.limits.headers import duration, limit_headers


@pytest.mark.parametrize(
    ("us", "written"),
    [
        (0, b"0s"),
        (1, b"1ms"),
        (120_000, b"120ms"),
        (999_001, b"1s"),
        (1_000_000, b"1s"),
        (7_660_000, b"7.66s"),
        (60_250_000, b"1m0.25s"),
        (360_000_000, b"6m0s"),
        (3_600_000_000, b"1h0m0s"),
    ],
)
def test_durations(us: int, written: bytes) -> None:
    assert duration(us) == written


def test_each_measure_tells_of_its_tightest_rule() -> None:
    rules = [
        Rule("everyone", "everyone", requests=100, usage=1000),
        Rule("team:1", "team", requests=10, parallel=4),
        Rule("key:1", "key", usage=9000),
    ]
    used = [50, 100, 0, 2, 0, 1, 0, 8999, 0]
    assert limit_headers(rules, used, 1_500_000) == (
        (b"x-ratelimit-limit-requests", b"100"),
        (b"x-ratelimit-remaining-requests", b"50"),
        (b"x-ratelimit-reset-requests", b"1.5s"),
        (b"x-ratelimit-limit-tokens", b"9000"),
        (b"x-ratelimit-remaining-tokens", b"1"),
        (b"x-ratelimit-reset-tokens", b"1.5s"),
        (b"x-ratelimit-limit-parallel", b"4"),
        (b"x-ratelimit-remaining-parallel", b"3"),
    )


def test_what_is_used_beyond_a_limit_leaves_nothing_and_nothing_used_is_reset_already() -> None:
    found = dict(limit_headers([Rule("key:1", "key", requests=5, usage=10)], [7, 0, 0], 1))
    assert found[b"x-ratelimit-remaining-requests"] == b"0"
    assert found[b"x-ratelimit-reset-tokens"] == b"0s"


def test_without_limits_there_are_no_headers() -> None:
    assert limit_headers([], [], 0) == ()
