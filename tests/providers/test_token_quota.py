"""What vendors' headers say is left. The samples are shaped as these vendors were seen to send them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.quota import LONGEST, Quota, read_quota

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC).timestamp()


def read(headers: dict[str, str]) -> Quota:
    found = read_quota(headers, now=NOW)
    assert found is not None
    return found


def left(headers: dict[str, str]) -> tuple[int | None, int | None, int | None, int | None]:
    found = read(headers)
    return found.requests_left, found.requests_limit, found.usage_left, found.usage_limit


OPENAI = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "500000",
    "x-ratelimit-remaining-tokens": "1000",
    "x-ratelimit-reset-tokens": "6m0s",
    "x-ratelimit-limit-input-images": "50000",
    "x-ratelimit-remaining-input-images": "0",
    "x-ratelimit-reset-input-images": "1ms",
}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "3999",
    "anthropic-ratelimit-requests-reset": "2026-05-04T12:00:01Z",
    "anthropic-ratelimit-input-tokens-limit": "400000",
    "anthropic-ratelimit-input-tokens-remaining": "400000",
    "anthropic-ratelimit-input-tokens-reset": "2026-05-04T12:00:00Z",
    "anthropic-ratelimit-output-tokens-limit": "80000",
    "anthropic-ratelimit-output-tokens-remaining": "0",
    "anthropic-ratelimit-output-tokens-reset": "2026-05-04T12:00:33Z",
    "anthropic-ratelimit-tokens-limit": "480000",
    "anthropic-ratelimit-tokens-remaining": "400000",
    "anthropic-ratelimit-tokens-reset": "2026-05-04T12:00:33Z",
    "retry-after": "50",
}
CEREBRAS = {
    "x-ratelimit-limit-requests-day": "14400",
    "x-ratelimit-remaining-requests-day": "20",
    "x-ratelimit-reset-requests-day": "33011.382867097855",
    "x-ratelimit-limit-requests-minute": "30",
    "x-ratelimit-remaining-requests-minute": "29",
    "x-ratelimit-limit-tokens-minute": "60000",
    "x-ratelimit-remaining-tokens-minute": "59000",
    "x-ratelimit-reset-tokens-minute": "11.382867097854614",
}
MISTRAL = {
    "x-ratelimit-limit-req-minute": "60",
    "x-ratelimit-remaining-req-minute": "50",
    "x-ratelimit-limit-tokens-minute": "500000",
    "x-ratelimit-remaining-tokens-minute": "499246",
    "x-ratelimit-limit-tokens-month": "1000000000",
    "x-ratelimit-remaining-tokens-month": "9000000",
    "x-ratelimit-tokens-query-cost": "152",
    "x-ratelimit-limit-audio-seconds-minute": "2000",
    "x-ratelimit-remaining-audio-seconds-minute": "0",
}


@pytest.mark.parametrize(
    ("headers", "found", "resets_in"),
    [
        (OPENAI, (499, 500, 1000, 500000), 360.0),
        (ANTHROPIC, (3999, 4000, 0, 80000), 33.0),
        (CEREBRAS, (20, 14400, 59000, 60000), 33011.382867097855),
        (MISTRAL, (50, 60, 9000000, 1000000000), None),
        ({"x-ratelimit-remaining-req-9-second": "3", "x-ratelimit-limit-req-9-second": "6"}, (3, 6, None, None), None),
        ({"x-ratelimit-limit": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, (0, 2, None, None), 1.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW * 1000 + 60000:.0f}"}, (0, None, None, None), 60.0),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": f"{NOW + 90:.0f}"}, (7, None, None, None), 90.0),
        ({"ratelimit": '"api";r=499;t=112', "ratelimit-policy": '"api";q=500;w=300'}, (499, None, None, None), 112.0),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (50, 100, None, None), 5.0),
        ({"ratelimit-limit": "40", "ratelimit-remaining": "39", "ratelimit-reset": "19"}, (39, 40, None, None), 19.0),
        ({"x-ratelimit-limit-minute": "400", "x-ratelimit-remaining-minute": "3"}, (3, 400, None, None), None),
        (
            {
                "ratelimitbysize-limit": "2000000", "ratelimitbysize-remaining": "1935974",
                "ratelimitbysize-reset": "19", "x-ratelimitbysize-limit-month": "100",
                "x-ratelimitbysize-remaining-month": "99", "ratelimitbysize-query-cost": "32013",
            },
            (None, None, 1935974, 2000000),
            19.0,
        ),
        ({"x-ratelimit-limit-tokens": "333.3", "x-ratelimit-remaining-tokens": "307.9"}, (None, None, 307, 333), None),
    ],
)  # fmt: skip
def test_what_is_scarcest_is_kept_of_requests_and_of_usage(
    headers: dict[str, str], found: tuple[int | None, ...], resets_in: float | None
) -> None:
    assert left(headers) == found
    resets_at = read(headers).resets_at
    assert resets_at == (None if resets_in is None else pytest.approx(NOW + resets_in))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("2m59.56s", 179.56),
        ("1h2m3s", 3723),
        ("1d", 86400),
        ("9.974s", 9.974),
    ],
)
def test_spans_are_read_as_vendors_write_them(text: str, seconds: float) -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": text}
    assert read(headers).used_up_until == pytest.approx(NOW + seconds)


def test_a_time_is_held_against_the_vendors_clock_unless_that_is_nonsense() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + 3600 + 20:.0f}"}
    ahead = format_datetime(datetime.fromtimestamp(NOW + 3600, UTC), usegmt=True)
    assert read({**headers, "date": ahead}).used_up_until == pytest.approx(NOW + 20)
    for date in ("yesterday", "Mon, 01 Jan 1990 00:00:00 GMT"):
        assert read({**headers, "date": date}).used_up_until == pytest.approx(NOW + 3620)


def test_with_two_limits_used_up_the_later_one_counts() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "5s",
        "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s",
    }  # fmt: skip
    assert read(headers).used_up_until == NOW + 9


def test_nothing_is_used_up_where_nobody_says_until_when_or_that_there_is_a_limit() -> None:
    assert read({"x-ratelimit-remaining-requests": "0"}).used_up_until == 0
    assert (
        read_quota({"x-ratelimit-limit": "0", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, now=NOW) is None
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "50", "x-ratelimit": "false", "x-ratelimit-over-limit": "no"},
        {"x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0"},
        {"x-ratelimit-remaining-tokens-day": "9223372036854767616"},
        {"x-ratelimit-remaining-requests": "X-RATELIMIT-REMAINING-REQUESTS-XXX"},
        {"x-ratelimit-dynamic-scale-requests": "1.00", "x-ratelimit-dynamic-period-remaining": "894s"},
        {"anthropic-ratelimit-unified-status": "allowed", "anthropic-ratelimit-unified-reset": "1771000000"},
        {"x-ratelimit-abusepenalty-active": "False", "x-ratelimit-renewalperiod-requests": "60"},
    ],
)
def test_what_tells_nothing_is_nothing(headers: dict[str, str]) -> None:
    assert read_quota(headers, now=NOW) is None


NAMES = st.sampled_from(
    sorted({*OPENAI, *ANTHROPIC, *CEREBRAS, *MISTRAL, "ratelimit", "x-ratelimit-remaining", "date"})
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["0", "-1", "1e9", "nan", "inf", "9" * 300, "9m" * 40, "0s", "2026-13-45T99:99:99Z", "٣", "1;r=9;t=2"]
    ),
    st.from_regex(r"[0-9]{1,25}(\.[0-9]{1,25})?(ms|s|m|h|d)?", fullmatch=True),
    st.datetimes().map(lambda moment: moment.isoformat()),
)


@given(
    st.dictionaries(st.one_of(NAMES, st.from_regex(r"[a-z-]*ratelimit[a-z-]*", fullmatch=True)), VALUES, max_size=12)
)
def test_garbage_never_raises_and_what_is_found_can_be_stored(headers: dict[str, str]) -> None:
    found = read_quota(headers, now=NOW)
    if found is None:
        return
    assert found.used_up_until <= NOW + LONGEST
    for value in found.stored().values():
        assert isinstance(value, int | float) and 0 <= value <= 1e16
