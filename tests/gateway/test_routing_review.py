"""Where rules of routing and of getting through meet: deadlines and breakers, chains and estimates, last resorts and
open breakers, races and retries."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import UnknownModel
from gateway.models import RoutingSettings
from gateway.policy.gates import GateRules
from gateway.routing.compiled import CompiledRoute, RoutingFacts
from gateway.routing.compiling import routing_facts
from gateway.routing.rules import Rules
from gateway.routing.sessions import conversation, named_session
from providers.breaker import BreakerRules
from providers.catalogue import Catalogue
from providers.facts import ModelFacts
from providers.wires import wire
from tests.gateway.harness import chunk, gateway, provider, reply, stream
from tests.gateway.test_routes import modes, where
from tests.gateway.test_trying import (
    HEDGED,
    QUICK,
    REFUSED,
    by_host,
    error,
    hangs,
    measures_of,
    met,
    nothing_left,
    places,
    says,
    streams,
    taught,
)

FIRST, SECOND, THIRD = (provider(name, priority=place) for place, name in enumerate(("first", "second", "third")))
TOUCHY = BreakerRules(window=10, minimum=4, rate=0.5, open_seconds=5, probes=1)
SHORT = (b"x-switchboard-timeout", b"0.1")


# --- deadlines -----------------------------------------------------------------------------------------


async def test_an_app_in_a_hurry_does_not_open_the_breaker_for_the_others(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(acme=hangs(0.3)), breaker=TOUCHY) as one:
        for _ in range(5):
            assert (await one.chat(headers=[SHORT])).json["error"]["code"] == "deadline_exceeded"
        assert (await one.chat()).status == 200
        assert nothing_left(one)
        hurried = one.rows()[0].attempts[0]
    assert hurried.error == "provider_timeout" and hurried.input > 0, "the vendor may bill it"


@pytest.mark.parametrize("whose", ["the admin's", "one app's"])
async def test_a_target_slower_than_it_usually_is_fails_unless_one_app_had_no_patience(
    tmp_path: Path, whose: str
) -> None:
    acme, by_admin = provider(), whose == "the admin's"
    rules = Rules(retries=0, sticky="off", deadline=0.15 if by_admin else 1800.0)
    async with gateway(tmp_path, by_host(acme=hangs(0.3)), acme, breaker=TOUCHY, rules=rules) as one:
        taught(one, acme, seconds=0.02)
        for _ in range(4):
            assert (await one.chat(headers=[] if by_admin else [SHORT])).status == 504
        assert ("provider_unavailable" in (await one.chat()).body.decode()) is by_admin


async def test_a_stream_cut_by_its_deadline_says_nothing_of_the_vendor(tmp_path: Path) -> None:
    answer = by_host(acme=lambda _: stream(chunk("a"), 0.06, chunk("b"), 0.06, chunk("c"), 5.0))
    async with gateway(tmp_path, answer, breaker=TOUCHY) as one:
        for _ in range(6):
            response = await one.chat(stream=True, headers=[SHORT])
            assert response.status == 200 and b'"error"' in response.body
        assert nothing_left(one)


async def test_the_deadline_holds_while_a_call_waits_for_room(tmp_path: Path) -> None:
    rules = GateRules(process_limit=1, queue=5, patience=5)
    async with gateway(tmp_path, by_host(acme=hangs(0.5)), gates=rules) as one:
        busy = asyncio.create_task(one.chat())
        await asyncio.sleep(0.05)
        began = time.monotonic()
        response = await one.chat(headers=[SHORT])
        assert time.monotonic() - began < 0.3
        assert (response.status, response.json["error"]["code"]) == (503, "gateway_overloaded")
        assert (await busy).status == 200 and nothing_left(one)
        assert len(one.rows()) == 2


async def test_an_app_whose_requests_are_wrong_does_not_make_a_target_look_bad(tmp_path: Path) -> None:
    answer = by_host(acme=[*[error(400, "bad field")] * 9, error(404, "no such model"), says()])
    acme = provider()
    async with gateway(tmp_path, answer, acme) as one:
        for _ in range(9):
            assert (await one.chat()).status == 400
        (measured,) = measures_of(one)
        assert (measured.calls, measured.failure_rate, measured.in_flight) == (0, 0, 0)
        assert (await one.chat()).status == 404
        (measured,) = measures_of(one)
        assert measured.failure_rate > 0, "a target that does not have the model is none"


@pytest.mark.parametrize(("headers", "learnt"), [((), True), ([(b"x-switchboard-slow-start", b"0.05")], False)])
async def test_a_target_that_starts_too_slowly_is_known_for_it_unless_one_app_wanted_it_so(
    tmp_path: Path, headers: Any, learnt: bool
) -> None:
    rules = QUICK._replace(slow_start=0.1)
    async with gateway(tmp_path, by_host(first=hangs(), second=streams()), FIRST, SECOND, rules=rules) as one:
        assert (await one.chat(stream=True, headers=headers)).headers["x-switchboard-provider"] == "second"
        measured = one.runtime.measures.of(FIRST.id, "m1")
    assert measured is not None and (measured.failure_rate > 0) is learnt


async def test_what_counts_input_says_nothing_of_how_quick_an_answer_is(tmp_path: Path) -> None:
    there = provider("there", vendor_slug="anthropic")
    body = {"model": "there:m1", "messages": [{"role": "user", "content": "Hi"}]}
    async with gateway(tmp_path, by_host(there=lambda _: reply({"input_tokens": 3})), there) as one:
        assert (await one.call("/v1/messages/count_tokens", body)).json == {"input_tokens": 3}
        (measured,) = measures_of(one)
    assert (measured.calls, measured.seconds, measured.in_flight) == (0, None, 0)


# --- rounds ----------------------------------------------------------------------------------------------


async def test_who_asked_for_a_longer_wait_is_left_alone_until_then(tmp_path: Path) -> None:
    answer = by_host(first=error(503, retry_after="0.5"), second=[error(500), says()])
    rules = QUICK._replace(backoff_cap=1.0)
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=rules) as one:
        assert (await one.chat()).status == 200
        assert [name for name, _, _ in met(one)] == ["first", "second", "second"]


async def test_the_wait_before_a_round_is_what_the_last_round_was_told(tmp_path: Path) -> None:
    answer = by_host(acme=[error(503), error(503, retry_after="0.2"), says()])
    async with gateway(tmp_path, answer, rules=QUICK._replace(retries=2, backoff_cap=1.0)) as one:
        assert (await one.chat()).status == 200
        (row,) = one.rows()
    assert [attempt.kind for attempt in row.attempts] == ["", "retry", "retry"]
    assert row.attempts[2].waited_us >= 200_000


async def test_a_call_that_found_no_room_is_refused_and_not_tried_again(tmp_path: Path) -> None:
    narrow = [provider(name, max_in_flight=1) for name in ("first", "second")]
    rules = GateRules(queue=5, patience=0.1)
    async with gateway(
        tmp_path, by_host(first=hangs(1.0), second=hangs(1.0)), *narrow, rules=QUICK, gates=rules
    ) as one:
        busy = [asyncio.create_task(one.chat()) for _ in range(2)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        response = await one.chat()
        assert time.monotonic() - began < 0.4, "one wait, not one a round"
        assert (response.status, response.json["error"]["code"]) == (503, "gateway_overloaded")
        for name in ("first", "second"):
            assert f"{name}:m1 not asked, gateway_overloaded" in response.json["error"]["message"]
        await asyncio.gather(*busy)
        assert nothing_left(one)


async def test_both_of_a_race_may_be_asked_again(tmp_path: Path) -> None:
    answer = by_host(first=[hangs(0.2, error(500)), error(500)], second=[error(503), says()])
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        response = await one.chat()
        assert response.status == 200 and response.headers["x-switchboard-provider"] == "second"
        assert nothing_left(one)


async def test_a_provider_without_a_token_that_may_be_used_is_not_waited_for(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(acme=says()), rules=QUICK._replace(backoff_base=5, backoff_cap=5)) as one:
        one.runtime.pool.retire(1, "old")
        began = time.monotonic()
        response = await one.chat()
        assert time.monotonic() - began < 1
        assert response.status == 503 and "no token" in response.json["error"]["message"]


# --- what is told and booked -------------------------------------------------------------------------------


async def test_what_a_failed_reply_cost_is_booked_once_and_on_its_own_attempt(tmp_path: Path) -> None:
    billed = {"object": "response", "status": "failed", "error": {"code": "server_error", "message": "broken"},
              "usage": {"input_tokens": 100, "output_tokens": 3, "total_tokens": 103}}  # fmt: skip
    paid = provider("first", priority=0, model_wires={"m1": wire("responses")})
    answer = by_host(first=lambda _: reply(billed), second=error(404, "no such model"))
    async with gateway(tmp_path, answer, paid, SECOND) as one:
        assert (await one.chat()).json["error"]["code"] == "provider_error"
        (row,) = one.rows()
    assert [attempt.input for attempt in row.attempts] == [100, 0]
    assert (row.provider, row.input, row.output) == ("first", 100, 3), "the row tells of the attempt whose error it has"


async def test_what_stops_a_call_names_the_attempts_before_it(tmp_path: Path) -> None:
    answer = by_host(first=error(500), second=error(400, "bad field"))
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK) as one:
        told = (await one.chat()).json["error"]["message"]
    assert told.startswith("bad field")
    assert "1. first:m1 500 provider_error" in told and "2. second:m1 400" in told


async def test_a_chain_that_is_refused_as_well_ends_with_the_refusal(tmp_path: Path) -> None:
    chat = CompiledRoute(name="chat", targets=places(FIRST, SECOND), rules=QUICK, content_fallback="else")
    elsewhere = CompiledRoute(name="else", targets=places(THIRD), rules=QUICK)
    answer = by_host(first=error(500), second=REFUSED, third=REFUSED)
    async with gateway(tmp_path, answer, FIRST, SECOND, THIRD, rules=QUICK, routes=[chat, elsewhere]) as one:
        response = await one.chat(model="chat")
        assert response.json["error"]["code"] == "content_policy_violation"
        assert [name for name, _, _ in met(one)] == ["first", "second", "third"]


# --- chains and last resorts at planning ---------------------------------------------------------------


def sized(name: str, window: int) -> Any:
    return provider(name, facts={"m1": ModelFacts(context_window=window)})


async def test_what_is_too_long_by_its_estimate_goes_along_the_context_chain(tmp_path: Path) -> None:
    small, other, large = sized("first", 1000), sized("second", 2000), sized("third", 100_000)
    chat = CompiledRoute(name="chat", targets=places(small, other), rules=QUICK, context_fallback="long")
    long = CompiledRoute(name="long", targets=places(large), rules=QUICK)
    async with gateway(tmp_path, by_host(third=says()), small, other, large, routes=[chat, long]) as one:
        words = [{"role": "user", "content": "word " * 4000}]
        response = await one.chat(model="chat", messages=words)
        assert response.status == 200 and response.headers["x-switchboard-provider"] == "third"
        off = [(b"x-switchboard-fallback", b"off")]
        assert (await one.chat(model="chat", messages=words, headers=off)).status == 400


async def test_the_last_resort_answers_where_every_breaker_is_open(tmp_path: Path) -> None:
    spare = provider("spare", models=("local",))
    answer = by_host(acme=error(500), spare=says())
    async with gateway(
        tmp_path, answer, provider(), spare, breaker=TOUCHY, last_resort="spare:local", rules=QUICK._replace(retries=0)
    ) as one:
        for _ in range(4):
            assert (await one.chat()).headers["x-switchboard-provider"] == "spare"
        response = await one.chat()
        assert response.status == 200 and response.headers["x-switchboard-attempts"] == "1"
        off = [(b"x-switchboard-fallback", b"off")]
        assert (await one.chat(headers=off)).json["error"]["code"] == "provider_unavailable"


def test_what_holds_without_settings_is_what_the_settings_begin_with() -> None:
    assert routing_facts(RoutingSettings()) == RoutingFacts()


# --- names -------------------------------------------------------------------------------------------------


def test_what_is_exclusive_goes_nowhere_else_while_its_provider_cannot_be_called() -> None:
    alone = provider("alone", dispatch="exclusive", problem="All its tokens are disabled.")
    catalogue = Catalogue(providers={"alone": alone, **modes(other="pooled").providers})
    with pytest.raises(UnknownModel, match="All its tokens are disabled"):
        where("m1", catalogue=catalogue)
    with pytest.raises(UnknownModel, match="All its tokens are disabled"):
        where("m1", catalogue=Catalogue(providers={"alone": alone}), default_backend=alone.id + 1)
    spare = provider("spare", dispatch="exclusive", priority=500)
    assert where("m1", catalogue=Catalogue(providers={"alone": alone, "spare": spare})) == ["spare:m1"]


# --- conversations -----------------------------------------------------------------------------------------


def test_requests_that_begin_with_the_same_long_template_are_different_conversations() -> None:
    template = "You get a document. Summarise it in one sentence. " * 100
    said = [{"messages": [{"role": "user", "content": template + about}]} for about in ("cats", "dogs", "cats")]
    first, second, third = (conversation(body) for body in said)
    assert first == third != second


def test_long_session_names_that_begin_alike_are_different_sessions() -> None:
    names = ["tenant-" * 12 + end for end in ("a", "b")]
    first, second = (named_session(name, "") for name in names)
    assert first is not None and second is not None and first != second
    assert all(len(one.id) <= 64 for one in (first, second))
    assert named_session("", names[0]) is not None
