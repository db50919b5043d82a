"""Getting through: retries after a wait, chains, slow starts, races, breakers, deadlines; each attempt booked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.policy.gates import GateRules
from gateway.routing.compiled import CompiledRoute, RoutePlace
from gateway.routing.rules import Rules
from providers.breaker import BreakerRules
from providers.facts import ModelFacts
from tests.gateway.harness import (
    DONE,
    USAGE,
    Gateway,
    Vendor,
    chunk,
    completion,
    frame,
    gateway,
    key_facts,
    provider,
    reply,
    stream,
)

QUICK = Rules(retries=1, backoff_base=0.01, backoff_cap=0.05)
FIRST = provider("first", priority=1)
SECOND = provider("second", priority=2)
THIRD = provider("third", priority=3)


def by_host(**answers: Any) -> Vendor:
    """What each provider answers: a response, a function that makes one, or a list of them, one for each request."""

    async def answer(request: httpx.Request) -> httpx.Response:
        what = answers[request.url.host.partition(".")[0]]
        if isinstance(what, list):
            what = what.pop(0) if len(what) > 1 else what[0]
        made = what(request) if callable(what) else what
        if asyncio.iscoroutine(made):
            made = await made
        assert isinstance(made, httpx.Response)
        return made

    return answer


def error(status: int, message: str = "no", *, code: str | None = None, **headers: str) -> Callable[..., Any]:
    body = {"error": {"message": message, "type": "error", "code": code}}
    return lambda _: reply(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def says(text: str = "Hello!") -> Callable[..., Any]:
    return lambda _: reply(completion(text))


def streams(text: str = "Hello!") -> Callable[..., Any]:
    return lambda _: stream(chunk(text), chunk(None, "stop"), frame({"choices": [], "usage": USAGE}), DONE)


def hangs(seconds: float = 30.0, then: Callable[..., Any] = says()) -> Callable[..., Any]:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(seconds)
        made: httpx.Response = then(request)
        return made

    return answer


def met(one: Gateway) -> list[tuple[str, str, str]]:
    """Provider, error and verdict of each attempt of the only call."""
    (row,) = one.rows()
    return [(attempt.provider, attempt.error, attempt.verdict) for attempt in row.attempts]


def nothing_left(one: Gateway) -> bool:
    runtime = one.runtime
    return (
        all(condition.in_flight == 0 for condition in runtime.pool.conditions.values())
        and all(measured.in_flight == 0 for measured in measures_of(one))
        and runtime.gates.process.in_flight == 0
    )


def measures_of(one: Gateway) -> list[Any]:
    snapshot = one.runtime.snapshots.current
    every = [(each.id, model) for each in snapshot.catalogue.providers.values() for model in each.models]
    return [found for where in every if (found := one.runtime.measures.of(*where)) is not None]


async def test_a_failure_that_may_pass_is_retried_after_a_wait(tmp_path: Path) -> None:
    answer = by_host(acme=[error(503), says()])
    async with gateway(tmp_path, answer, rules=QUICK) as one:
        response = await one.chat()
        assert response.status == 200 and response.headers["x-switchboard-attempts"] == "2"
        (row,) = one.rows()
    first, second = row.attempts
    assert (first.error, first.kind, second.kind) == ("provider_overloaded", "", "retry")
    assert second.waited_us >= 10_000 and second.started_us - first.started_us - first.duration_us >= 9_000


async def test_every_target_is_tried_before_one_is_tried_again(tmp_path: Path) -> None:
    answer = by_host(first=[error(503), says()], second=error(502))
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK) as one:
        assert (await one.chat()).status == 200
        assert [name for name, _, _ in met(one)] == ["first", "second", "first"]


async def test_a_request_that_is_wrong_is_asked_once(tmp_path: Path) -> None:
    async with gateway(
        tmp_path, by_host(first=error(400, "bad field"), second=says()), FIRST, SECOND, rules=QUICK
    ) as one:
        response = await one.chat()
        assert response.status == 400 and "bad field" in response.json["error"]["message"]
        assert [name for name, _, _ in met(one)] == ["first"]


async def test_a_vendor_that_wants_a_longer_wait_than_is_allowed_is_not_waited_for(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(acme=error(429, "slow down", retry_after="30")), rules=QUICK) as one:
        began = time.monotonic()
        response = await one.chat()
        assert time.monotonic() - began < 1
        assert response.status == 429 and 28 <= int(response.headers["retry-after"]) <= 30
        assert len(met(one)) == 1


async def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    answer = by_host(acme=[error(429, "slow down", retry_after="0.2"), says()])
    async with gateway(tmp_path, answer, rules=QUICK._replace(backoff_cap=1.0)) as one:
        began = time.monotonic()
        assert (await one.chat()).status == 200
        assert time.monotonic() - began >= 0.2


async def test_the_last_error_names_every_attempt(tmp_path: Path) -> None:
    answer = by_host(first=error(503), second=error(500), third=error(404, "no such model"))
    async with gateway(tmp_path, answer, FIRST, SECOND, THIRD) as one:
        response = await one.chat()
    told = response.json["error"]
    assert response.headers["x-switchboard-attempts"] == "3" and "x-switchboard-provider" in response.headers
    assert response.status == 502  # what another target could do says less than a vendor's failure
    for name in ("1. first:m1 503 provider_overloaded", "2. second:m1 500 provider_error", "3. third:m1 404"):
        assert name in told["message"]


async def test_the_app_may_ask_for_less(tmp_path: Path) -> None:
    answer = by_host(first=error(503), second=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK) as one:
        for header in ((b"x-switchboard-fallback", b"off"), (b"x-switchboard-max-attempts", b"1")):
            response = await one.chat(headers=[header, (b"x-switchboard-retries", b"0")])
            assert response.status == 503, header
        assert [len(row.attempts) for row in one.rows()] == [1, 1]


@pytest.mark.parametrize(
    ("header", "value"),
    [("max-attempts", "0"), ("max-attempts", "many"), ("retries", "-1"), ("timeout", "nan"), ("timeout", "0"),
     ("slow-start", "1e9"), ("fallback", "maybe"), ("priority", "top")],
)  # fmt: skip
async def test_a_header_that_makes_no_sense_is_named(tmp_path: Path, header: str, value: str) -> None:
    async with gateway(tmp_path, by_host(acme=says())) as one:
        response = await one.chat(headers=[(f"x-switchboard-{header}".encode(), value.encode())])
    assert response.status == 400 and response.json["error"]["param"] == f"x-switchboard-{header}"


async def test_the_deadline_holds_over_all_attempts(tmp_path: Path) -> None:
    answer = by_host(first=error(503), second=hangs(), third=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, THIRD, rules=QUICK) as one:
        began = time.monotonic()
        response = await one.chat(headers=[(b"x-switchboard-timeout", b"0.3")])
        assert time.monotonic() - began < 0.6
        assert response.status == 504 and response.json["error"]["code"] == "deadline_exceeded"
        assert "first:m1" in response.json["error"]["message"]
        assert nothing_left(one)


async def test_a_stream_that_outlasts_the_deadline_ends_with_an_error_event(tmp_path: Path) -> None:
    answer = by_host(acme=lambda _: stream(chunk("a"), 5.0, chunk("b"), DONE))
    async with gateway(tmp_path, answer, rules=QUICK) as one:
        response = await one.chat(stream=True, headers=[(b"x-switchboard-timeout", b"0.3")])
        assert b'"a"' in response.body and b'"error"' in response.body
        assert nothing_left(one)
        (row,) = one.rows()
    assert row.ended_by == "failed" and row.output > 0


# --- slow starts -------------------------------------------------------------------------------------


async def test_a_slow_start_goes_to_the_next_target_and_is_booked(tmp_path: Path) -> None:
    answer = by_host(first=hangs(30.0), second=streams())
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK._replace(slow_start=0.1)) as one:
        response = await one.chat(stream=True)
        assert response.status == 200 and b"Hello!" in response.body
        assert response.headers["x-switchboard-provider"] == "second"
        assert nothing_left(one)
        (row,) = one.rows()
    slow, good = row.attempts
    assert (slow.error, good.error) == ("provider_slow_start", "")
    assert slow.input > 0 and slow.cost_basis  # the vendor was asked, and may bill it
    assert 90_000 < slow.duration_us < 300_000


async def test_a_whole_reply_comes_when_all_of_it_is_done_and_has_no_slow_start(tmp_path: Path) -> None:
    answer = by_host(first=hangs(0.3), second=says("no"))
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK._replace(slow_start=0.1)) as one:
        assert (await one.chat()).headers["x-switchboard-provider"] == "first"


async def test_a_stream_whose_headers_came_in_time_is_slow_until_its_first_content(tmp_path: Path) -> None:
    answer = by_host(first=lambda _: stream(b": hello\n\n", 5.0, chunk("late"), DONE), second=streams())
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK._replace(slow_start=0.1)) as one:
        response = await one.chat(stream=True)
        assert response.headers["x-switchboard-provider"] == "second" and b"late" not in response.body


async def test_the_last_target_has_the_time_the_provider_allows(tmp_path: Path) -> None:
    answer = by_host(acme=hangs(0.3, streams()))
    async with gateway(tmp_path, answer, rules=QUICK._replace(slow_start=0.1)) as one:
        assert (await one.chat(stream=True)).status == 200


# --- chains ------------------------------------------------------------------------------------------

TOO_LONG = error(400, "This model's maximum context length is 10 tokens.", code="context_length_exceeded")
REFUSED = error(400, "Your request was rejected by our safety system.", code="content_policy_violation")


def places(*of: Any) -> tuple[RoutePlace, ...]:
    return tuple(RoutePlace(provider_id=one.id, model="m1") for one in of)


async def test_a_request_that_is_too_long_goes_to_a_larger_window(tmp_path: Path) -> None:
    def sized(name: str, window: int | None, priority: int) -> Any:
        return provider(name, priority=priority, facts={"m1": ModelFacts(context_window=window)})

    small, same, large = sized("first", 1000, 1), sized("second", 1000, 2), sized("third", 2000, 3)
    answer = by_host(first=TOO_LONG, second=says("no"), third=says("yes"))
    async with gateway(tmp_path, answer, small, same, large, rules=QUICK) as one:
        response = await one.chat()
        assert response.status == 200 and b"yes" in response.body
        assert [name for name, _, _ in met(one)] == ["first", "third"]


@pytest.mark.parametrize(("field", "refusal"), [("context_fallback", TOO_LONG), ("content_fallback", REFUSED)])
async def test_a_route_has_chains_of_its_own(tmp_path: Path, field: str, refusal: Any) -> None:
    chat = CompiledRoute(name="chat", targets=places(FIRST), rules=QUICK, **{field: "elsewhere"})
    elsewhere = CompiledRoute(name="elsewhere", targets=places(SECOND), rules=QUICK)
    answer = by_host(first=refusal, second=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK, routes=[chat, elsewhere]) as one:
        assert (await one.chat(model="chat")).status == 200
        assert [name for name, _, _ in met(one)] == ["first", "second"]


async def test_a_chain_that_leads_back_ends_with_the_first_error(tmp_path: Path) -> None:
    chat = CompiledRoute(name="chat", targets=places(FIRST), rules=QUICK, context_fallback="chat")
    async with gateway(tmp_path, by_host(first=TOO_LONG), FIRST, rules=QUICK, routes=[chat]) as one:
        response = await one.chat(model="chat")
        assert response.json["error"]["code"] == "context_length_exceeded"
        assert len(met(one)) == 1


async def test_without_a_chain_the_refusal_is_the_answer(tmp_path: Path) -> None:
    answer = by_host(first=REFUSED, second=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=QUICK) as one:
        response = await one.chat()
        assert response.json["error"]["code"] == "content_policy_violation" and len(met(one)) == 1


# --- races -------------------------------------------------------------------------------------------

HEDGED = QUICK._replace(hedge=True)


def taught(one: Gateway, of: Any, seconds: float = 0.02) -> None:
    """The usual time of a target is known."""
    for _ in range(60):
        one.runtime.measures.began(of.id, "m1")
        one.runtime.measures.ended(of.id, "m1", ok=True, first_s=seconds, seconds=seconds, output=7)
        one.runtime.measures.began(of.id, "m1")
        one.runtime.measures.ended(of.id, "m1", ok=True, first_s=None, seconds=seconds, output=7)


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_first_answer_of_two_wins_and_the_loser_is_closed_and_booked(tmp_path: Path, streamed: bool) -> None:
    usual = streams() if streamed else says()
    async with gateway(tmp_path, by_host(first=hangs(30.0), second=usual), FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        response = await one.chat(stream=streamed)
        assert response.status == 200 and b"Hello!" in response.body
        assert response.headers["x-switchboard-provider"] == "second"
        assert nothing_left(one)
        (row,) = one.rows()
    lost, won = row.attempts
    assert (lost.verdict, won.kind, row.provider, row.output) == ("lost: another answered first", "hedge", "second", 7)
    assert lost.input > 0 and won.input == 5 and row.ended_by == "done"


async def test_the_slow_one_may_still_win(tmp_path: Path) -> None:
    answer = by_host(first=hangs(0.3), second=hangs(30.0))
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        response = await one.chat()
        assert response.headers["x-switchboard-provider"] == "first"
        assert nothing_left(one)
        (row,) = one.rows()
    assert (row.provider, row.attempts[1].verdict) == ("first", "lost: another answered first")


async def test_a_hedge_that_fails_leaves_the_first_alone(tmp_path: Path) -> None:
    answer = by_host(first=hangs(0.3), second=error(503))
    async with gateway(tmp_path, answer, FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        assert (await one.chat()).status == 200
        assert nothing_left(one)


async def test_when_both_fail_the_third_is_asked(tmp_path: Path) -> None:
    answer = by_host(first=hangs(0.2, error(500)), second=error(503), third=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, THIRD, rules=HEDGED) as one:
        taught(one, FIRST)
        assert (await one.chat()).headers["x-switchboard-provider"] == "third"
        assert nothing_left(one)


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_app_that_leaves_a_race_closes_both(tmp_path: Path, streamed: bool) -> None:
    async with gateway(tmp_path, by_host(first=hangs(), second=hangs()), FIRST, SECOND, rules=HEDGED) as one:
        taught(one, FIRST)
        await one.chat(stream=streamed, leave_after=0.3)
        assert nothing_left(one)
        (row,) = one.rows()
    assert row.ended_by == "cancelled" and len(row.attempts) == 2
    assert all(attempt.verdict == "cancelled" and attempt.input > 0 for attempt in row.attempts)


async def test_nothing_is_hedged_while_nothing_is_known(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(first=hangs(0.3), second=says()), FIRST, SECOND, rules=HEDGED) as one:
        assert (await one.chat()).headers["x-switchboard-provider"] == "first"


# --- breakers and limits -------------------------------------------------------------------------------

TOUCHY = BreakerRules(window=10, minimum=4, rate=0.5, open_seconds=0.3, probes=1)


async def test_a_provider_that_fails_is_left_out_until_a_probe_finds_it_well(tmp_path: Path) -> None:
    state: dict[str, Any] = {"first": error(500)}
    answer = by_host(first=lambda request: state["first"](request), second=says())
    async with gateway(tmp_path, answer, FIRST, SECOND, breaker=TOUCHY) as one:
        for _ in range(4):
            assert (await one.chat()).status == 200
        asked = len(one.network.requests)
        assert (await one.chat()).headers["x-switchboard-attempts"] == "1"
        assert len(one.network.requests) == asked + 1  # the broken one was not asked
        state["first"] = says()
        await asyncio.sleep(0.35)
        assert (await one.chat()).headers["x-switchboard-provider"] == "first"
        assert (await one.chat()).headers["x-switchboard-provider"] == "first"


async def test_alone_behind_an_open_breaker_the_refusal_says_when(tmp_path: Path) -> None:
    async with gateway(tmp_path, by_host(acme=error(500)), breaker=TOUCHY._replace(open_seconds=7)) as one:
        for _ in range(4):
            await one.chat()
        asked = len(one.network.requests)
        response = await one.chat()
        assert (response.status, response.json["error"]["code"]) == (503, "provider_unavailable")
        assert 5 <= int(response.headers["retry-after"]) <= 8 and len(one.network.requests) == asked


async def test_a_full_provider_passes_calls_on_and_the_last_one_is_waited_for(tmp_path: Path) -> None:
    narrow = provider("first", priority=1, max_in_flight=1)
    answer = by_host(first=hangs(0.2), second=says())
    async with gateway(tmp_path, answer, narrow, SECOND) as one:
        both = await asyncio.gather(one.chat(), one.chat())
        assert sorted(each.headers["x-switchboard-provider"] for each in both) == ["first", "second"]
    async with gateway(tmp_path / "alone", by_host(first=hangs(0.1)), narrow) as one:
        both = await asyncio.gather(one.chat(), one.chat())
        assert [each.status for each in both] == [200, 200]
        assert nothing_left(one)


async def test_more_calls_than_the_process_takes_wait_and_then_are_refused(tmp_path: Path) -> None:
    rules = GateRules(process_limit=1, queue=1, patience=0.1)
    async with gateway(tmp_path, by_host(acme=hangs(0.4)), gates=rules) as one:
        answers = await asyncio.gather(*(one.chat() for _ in range(4)))
        refused = [each for each in answers if each.status != 200]
        assert len(refused) == 3 and nothing_left(one)
        for each in refused:
            assert (each.status, each.json["error"]["code"]) == (503, "gateway_overloaded")
            assert int(each.headers["retry-after"]) >= 1
        assert len(one.rows()) == 4


async def test_a_keys_own_limit_is_a_429(tmp_path: Path) -> None:
    keys: Mapping[str, Any] = {"sk-sb-test": key_facts(max_in_flight=1)}
    rules = GateRules(queue=0, patience=0.1)
    async with gateway(tmp_path, by_host(acme=hangs(0.3)), keys=keys, gates=rules) as one:
        answers = await asyncio.gather(one.chat(), one.chat())
    assert sorted(each.status for each in answers) == [200, 429]
