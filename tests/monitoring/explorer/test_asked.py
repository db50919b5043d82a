"""Query strings as filters: people's units in, plain sentences for what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.models import ApiKey, Team
from monitoring.explorer.query import PARAMETERS, FilterError, LogFilter, page, read_filter
from tests.monitoring.explorer.cast import EVERYONE, member_of

pytestmark = pytest.mark.django_db


def read(text: str, viewer: Any = EVERYONE) -> LogFilter:
    return read_filter(QueryDict(text), viewer)


def test_nothing_asked_for_is_the_last_day() -> None:
    assert read("") == LogFilter() == read("status=&team=&cursor=x&most=5&unknown=1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since=6h", LogFilter(last=timedelta(hours=6))),
        ("since=7d", LogFilter(last=timedelta(days=7))),
        ("since=all", LogFilter(last=None)),
        ("since=2026-05-01", LogFilter(since=datetime(2026, 5, 1, tzinfo=UTC), last=None)),
        ("since=2026-05-01T10:00%2B02:00", LogFilter(since=datetime(2026, 5, 1, 8, tzinfo=UTC), last=None)),
        ("since=2026-05-01T10:00+02:00", LogFilter(since=datetime(2026, 5, 1, 8, tzinfo=UTC), last=None)),
        ("until=2026-05-01+08:30", LogFilter(until=datetime(2026, 5, 1, 8, 30, tzinfo=UTC))),
        ("status=5xx&status=429", LogFilter(statuses=("5xx", "429"))),
        ("status=5xx,429,5xx", LogFilter(statuses=("5xx", "429"))),
        ("provider=openai,groq&model=gpt-4o", LogFilter(providers=("openai", "groq"), models=("gpt-4o",))),
        ("cost_min=0.05&cost_max=1", LogFilter(cost_min=50_000_000, cost_max=1_000_000_000)),
        ("latency_min=1500&latency_max=2000.5", LogFilter(latency_min=1_500_000, latency_max=2_000_500)),
        ("stream=yes&cached=no&judged=any", LogFilter(stream=True, cached="no", judged="any")),
        ("stream=false&ended_by=failed", LogFilter(stream=False, ended_by=("failed",))),
        ("error=rate+limit&error_code=rate_limited", LogFilter(error="rate limit", error_code="rate_limited")),
        ("session=s&request=r&endpoint=rerank", LogFilter(session="s", request="r", endpoints=("rerank",))),
        ("team=0&key=12", LogFilter(teams=(0,), api_keys=(12,))),
    ],
)  # fmt: skip
def test_what_can_be_asked(text: str, expected: LogFilter) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "param", "words"),
    [
        ("since=yesterday", "since", "how far back"),
        ("since=2026-13-01", "since", "2026-13-01"),
        ("until=7d", "until", "7d"),
        ("since=2026-05-02&until=2026-05-01", "until", "after its beginning"),
        ("status=six", "status", "4xx"),
        ("status=999", "status", "999"),
        ("ended_by=never", "ended_by", "interrupted"),
        ("cost_min=cheap", "cost_min", "US dollars"),
        ("cost_min=-1", "cost_min", "US dollars"),
        ("cost_max=1e40", "cost_max", "US dollars"),
        ("cost_min=2&cost_max=1", "cost_max", "smaller"),
        ("latency_min=1s", "latency_min", "milliseconds"),
        ("latency_min=9&latency_max=8", "latency_max", "smaller"),
        ("stream=perhaps", "stream", "yes"),
        ("cached=maybe", "cached", "similar"),
        ("judged=hard", "judged", "blocked"),
        ("team=nobody", "team", "There is no team 'nobody'"),
        ("key=nobody", "key", "There is no API key 'nobody'"),
        ("team=99999999999999999999", "team", "no team"),
        ("error=a%00b", "error", "character"),
        ("error=" + "x" * 301, "error", "longer"),
        ("error=a&error=b", "error", "one value"),
        ("model=" + ",".join(map(str, range(51))), "model", "at most 50"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_plain_words(text: str, param: str, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(text)
    assert caught.value.param == param
    assert words in caught.value.message


def test_teams_and_keys_are_named_or_numbered() -> None:
    blue, red = Team.objects.create(name="blue"), Team.objects.create(name="red")
    key, _ = ApiKey.issue("app", team=blue)
    assert read("team=blue&team=red").teams == (blue.pk, red.pk)
    assert read(f"team={blue.pk}&key=app") == LogFilter(teams=(blue.pk,), api_keys=(key.pk,))


def test_another_teams_name_is_told_like_one_that_is_not_there() -> None:
    blue, red = Team.objects.create(name="blue"), Team.objects.create(name="red")
    ApiKey.issue("theirs", team=red)
    member = member_of(blue)
    said = []
    for text in ("team=red", "team=none-such", "key=theirs", "key=none-such"):
        with pytest.raises(FilterError) as caught:
            read(text, member)
        said.append(caught.value.message)
    assert said[0].replace("red", "X") == said[1].replace("none-such", "X")
    assert said[2].replace("theirs", "X") == said[3].replace("none-such", "X")


def test_a_plain_mapping_is_read_too() -> None:
    asked = read_filter({"status": ["4xx", "5xx"], "provider": "openai", "latency_min": 5}, EVERYONE)
    assert asked == LogFilter(statuses=("4xx", "5xx"), providers=("openai",), latency_min=5_000)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=12), max_size=4))
def check_any_text(params: dict[str, str]) -> None:
    refused = None
    try:
        page(EVERYONE, read_filter(params, EVERYONE))
    except FilterError as error:
        refused = error
    assert refused is None or (refused.param in PARAMETERS and refused.message.endswith("."))


def test_whatever_is_asked_is_answered_or_refused_in_words() -> None:
    check_any_text()
