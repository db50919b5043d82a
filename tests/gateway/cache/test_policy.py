"""Who says whether the cache is used: the key, the route, the settings, and the call's own headers."""

from __future__ import annotations

import pytest

from gateway.cache.compiled import NO_CACHING, NO_POLICY, Caching, Policy
from gateway.errors import BadRequest
from tests.gateway.cache.cast import route
from tests.gateway.harness import key_facts

ASKED, ON, OFF = Caching(mode="asked"), Caching(mode="on"), NO_CACHING
TTL, CONTROL = "HTTP_X_CACHE_TTL", "HTTP_CACHE_CONTROL"


def policy(caching: Caching, *, key: str = "", of_route: str | None = None, **headers: str) -> Policy:
    named = {{"ttl": TTL, "control": CONTROL}[name]: value for name, value in headers.items()}
    return caching.policy(key_facts(cache=key), None if of_route is None else route("r", cache=of_route), named)


def test_a_call_that_asks_for_nothing_gets_nothing_by_default() -> None:
    assert policy(Caching()) is NO_POLICY
    assert not Caching().empty


def test_on_looks_and_keeps_for_the_usual_time() -> None:
    assert policy(ON) == Policy(look=True, keep=True, seconds=3600)


@pytest.mark.parametrize(
    "settings, key, of_route, used",
    [
        ("on", "", None, True),
        ("on", "off", None, False),
        ("on", "", "off", False),
        ("on", "on", "off", False),
        ("on", "off", "on", False),
        ("off", "on", "", True),
        ("off", "", "on", True),
        ("off", "", "", False),
        ("on", "asked", "on", False),
        ("asked", "on", "asked", True),
    ],
)
def test_off_at_key_or_route_wins_else_the_first_that_says_something(
    settings: str, key: str, of_route: str | None, used: bool
) -> None:
    assert policy(Caching(mode=settings, elsewhere=True), key=key, of_route=of_route).look is used


def test_off_holds_against_any_header() -> None:
    assert policy(OFF, ttl="60") == NO_POLICY
    assert policy(OFF, control="max-age=60") == NO_POLICY


def test_a_time_to_keep_asks_for_the_cache_and_only_shortens() -> None:
    assert policy(ASKED, ttl="60") == Policy(look=True, keep=True, seconds=60)
    assert policy(ASKED, ttl="999999999999999999999999").seconds == 3600
    assert policy(ON, ttl="60").seconds == 60
    assert policy(ON, ttl="0") is NO_POLICY
    assert policy(ASKED, ttl="0") is NO_POLICY


def test_max_age_asks_too_and_limits_how_old_an_answer_may_be() -> None:
    assert policy(ASKED, control="max-age=60") == Policy(look=True, keep=True, seconds=60, max_age=60)
    assert policy(ON, control="max-age=60") == Policy(look=True, keep=True, seconds=3600, max_age=60)
    assert policy(ON, control='Max-Age="60", stale-if-error=5').max_age == 60


def test_no_cache_keeps_a_new_answer_and_no_store_does_neither() -> None:
    assert policy(ON, control="no-cache") == Policy(look=False, keep=True, seconds=3600)
    assert policy(ON, control="max-age=0") == Policy(look=False, keep=True, seconds=3600, max_age=0)
    assert policy(ASKED, control="no-cache") is NO_POLICY
    assert policy(ASKED, control="no-cache", ttl="60") == Policy(look=False, keep=True, seconds=60)
    assert policy(ON, control="no-store") is NO_POLICY
    assert policy(ON, control="no-cache, no-store") is NO_POLICY


def test_only_if_cached_is_remembered_also_where_nothing_can_be_found() -> None:
    assert policy(ASKED, control="only-if-cached") == Policy(look=True, keep=True, seconds=3600, only=True)
    assert policy(ON, key="off", control="only-if-cached") == Policy(only=True)
    assert policy(ON, control="only-if-cached, no-store") == Policy(only=True)


@pytest.mark.parametrize("given", ["soon", "-1", "1.5", "", "1e3", "٣"])
def test_a_time_that_is_none_is_refused_by_the_headers_name(given: str) -> None:
    with pytest.raises(BadRequest, match="x-cache-ttl") as refused:
        policy(ASKED, ttl=given)
    assert refused.value.param == "x-cache-ttl"
    with pytest.raises(BadRequest, match="cache-control: max-age") as refused:
        policy(ASKED, control=f"max-age={given}")
    assert refused.value.param == "cache-control"


def test_the_keys_time_comes_before_the_routes_and_the_settings() -> None:
    of_route = route("r", cache_seconds=20)
    assert ON.policy(key_facts(cache_seconds=10), of_route, {}).seconds == 10
    assert ON.policy(key_facts(), of_route, {}).seconds == 20


def test_a_route_says_whether_teams_share_and_whether_similar_will_do() -> None:
    caching = Caching(mode="on", shared=True, similar_model="embedder", join=True)
    assert caching.policy(key_facts(), None, {}) == Policy(look=True, keep=True, seconds=3600, shared=True, join=True)
    alone = caching.policy(key_facts(), route("r", cache_shared=False, cache_similar=True), {})
    assert (alone.shared, alone.similar) == (False, True)
    assert not ON.policy(key_facts(), route("r", cache_similar=True), {}).similar


def test_a_refresh_is_not_joined_and_takes_nothing_similar() -> None:
    caching = Caching(mode="on", similar_model="embedder", join=True)
    asked = caching.policy(key_facts(), route("r", cache_similar=True), {CONTROL: "no-cache"})
    assert (asked.join, asked.similar, asked.keep) == (False, False, True)
