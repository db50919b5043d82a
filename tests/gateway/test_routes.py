"""Routes, wildcards, roles, dispatch modes, conditions, auto and conversations: where a request goes, and why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UnknownModel
from gateway.routing.compiled import CompiledRoute, Conditions, RoutePlace, Routes, RoutingFacts
from gateway.routing.names import resolve
from gateway.routing.rules import Rules
from gateway.routing.sessions import Bindings, conversation
from providers.catalogue import Catalogue, CompiledRole
from providers.facts import Capabilities, ModelFacts
from tests.gateway.harness import SECRET, Gateway, Vendor, completion, gateway, key_facts, provider, reply

ALPHA = provider("alpha", models=("m1", "big"))
BETA = provider("beta", models=("m1", "small"), roles={"fast": CompiledRole("small", {"temperature": 0.1})})
GAMMA = provider("gamma", models=("other",))
CAST = Catalogue(providers={one.name: one for one in (ALPHA, BETA, GAMMA)})


def place(of: Any, model: str, **more: Any) -> RoutePlace:
    return RoutePlace(provider_id=of.id if of is not None else 0, model=model, **more)


def route(name: str, *targets: RoutePlace, **more: Any) -> CompiledRoute:
    return CompiledRoute(name=name, targets=targets, **more)


def where(name: str, *routes: CompiledRoute, catalogue: Catalogue = CAST, **facts: Any) -> list[str]:
    resolved = resolve(catalogue, Routes(routes=routes, facts=RoutingFacts(**facts)), name)
    assert resolved.group is not None
    return [f"{one.provider.name}:{one.model}" for one in resolved.group.targets()]


async def fine(request: Any) -> Any:
    return reply(completion(request.url.host))


def answering(**down: int) -> Vendor:
    """Every provider answers, but those named, with that status."""

    async def answer(request: Any) -> Any:
        name = request.url.host.partition(".")[0]
        return reply({"error": {"message": "no"}}, down[name]) if name in down else await fine(request)

    return answer


def asked(one: Gateway) -> list[dict[str, Any]]:
    return [json.loads(request.content) for request in one.network.requests]


def story(one: Gateway) -> dict[str, Any]:
    (row,) = one.rows()
    told: dict[str, Any] = json.loads(row.plan) if row.plan else {}
    return told


# --- names -------------------------------------------------------------------------------------------


def test_a_route_comes_before_everything_else_of_its_name() -> None:
    for name in ("m1", "alpha:m1", "ext-alpha-m1", "auto", "nothing-else"):
        assert where(name, route(name, place(GAMMA, "other"))) == ["gamma:other"], name


def test_an_alias_stands_for_any_name() -> None:
    alias = route("quick", place(None, "beta:fast"))
    assert where("quick", alias) == ["beta:small"]
    assert where("quicker", alias, route("quicker", place(None, "quick"))) == ["beta:small"]


def test_a_wildcard_passes_on_what_it_stands_for_and_the_longest_wins() -> None:
    every, some = route("gpt-*", place(ALPHA, "openai/*")), route("gpt-4*", place(BETA, "gpt-4*"))
    assert where("gpt-5", every, some) == ["alpha:openai/5"]
    assert where("gpt-4.1", every, some) == ["beta:gpt-4.1"]
    assert where("gpt-4-exact", every, some, route("gpt-4-exact", place(GAMMA, "x"))) == ["gamma:x"]
    with pytest.raises(UnknownModel):
        where("gpt-", every)


def test_a_star_is_filled_in_as_it_was_asked_and_only_then() -> None:
    assert where("team/a*b", route("team/*", place(ALPHA, "*"))) == ["alpha:a*b"]


def test_routes_that_lead_back_to_themselves_are_refused_with_their_way() -> None:
    circle = (route("a", place(None, "b")), route("b", place(None, "a")))
    with pytest.raises(UnknownModel, match="leads back to itself: a → b → a"):
        where("a", *circle)
    deep = [route(f"r{number}", place(None, f"r{number + 1}")) for number in range(9)]
    with pytest.raises(UnknownModel, match="too many routes"):
        where("r0", *deep)


def test_a_route_may_stand_for_the_model_it_hides() -> None:
    """``m1`` with fallbacks: within the route the name means the providers again."""
    hidden = route("m1", place(ALPHA, "m1"), place(GAMMA, "other"))
    assert where("m1", hidden) == ["alpha:m1", "gamma:other"]


def test_a_route_goes_on_without_a_target_that_is_off_and_fails_without_any() -> None:
    off = provider("gamma", models=("other",), dispatch="off")
    catalogue = Catalogue(providers={"alpha": ALPHA, "gamma": off})
    both = route("both", place(off, "other"), place(ALPHA, "m1"))
    assert where("both", both, catalogue=catalogue) == ["alpha:m1"]
    with pytest.raises(UnknownModel, match="is off"):
        where("only", route("only", place(off, "other")), catalogue=catalogue)


def test_a_role_is_called_by_its_provider_and_brings_its_parameters() -> None:
    resolved = resolve(CAST, Routes(), "beta:fast")
    assert resolved.group is not None and resolved.how == "role"
    (planned,) = resolved.group.targets()
    assert planned.model == "small" and planned.parameters == {"temperature": 0.1}
    assert where("beta/fast") == ["beta:fast"], "the slash is for models"


def test_what_nobody_lists_goes_to_the_default_backend() -> None:
    assert where("unheard-of", default_backend=GAMMA.id) == ["gamma:unheard-of"]
    assert where("m1", default_backend=BETA.id) == ["beta:m1", "alpha:m1"]
    with pytest.raises(UnknownModel):
        where("unheard-of")


@given(st.text(max_size=30), st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4))
def test_any_name_finds_targets_or_a_refusal(name: str, patterns: list[tuple[str, str]]) -> None:
    routes = tuple(route(f"{begin}*{end}", place(ALPHA, "*")) for begin, end in patterns if "*" not in begin + end)
    try:
        found = where(name, *routes)
    except UnknownModel:
        return
    assert found


# --- dispatch modes ------------------------------------------------------------------------------------


def modes(**of: str) -> Catalogue:
    return Catalogue(providers={name: provider(name, dispatch=mode) for name, mode in of.items()})


def test_an_exclusive_provider_has_its_models_for_itself() -> None:
    assert where("m1", catalogue=modes(one="pooled", two="exclusive", three="fallback")) == ["two:m1"]


def test_fallbacks_come_behind_all_that_are_pooled_and_alone_they_serve() -> None:
    assert where("m1", catalogue=modes(one="fallback", two="pooled")) == ["two:m1", "one:m1"]
    assert where("m1", catalogue=modes(one="fallback", two="off")) == ["one:m1"]


async def test_pooled_providers_share_by_weight(tmp_path: Path) -> None:
    light, heavy = provider("light"), provider("heavy", weight=3)
    async with gateway(tmp_path, fine, light, heavy, seed=7) as one:
        for _ in range(200):
            assert (await one.chat()).status == 200
        served = Counter(request.url.host for request in one.network.requests)
    assert 125 <= served["heavy.test"] <= 175


async def test_a_prefix_means_its_provider_alone(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(alpha=503), ALPHA, BETA) as one:
        assert (await one.chat(model="alpha:m1")).status == 503
        assert len(one.network.requests) == 1


async def test_one_that_is_off_is_a_404_that_says_so(tmp_path: Path) -> None:
    async with gateway(tmp_path, fine, provider("alpha", dispatch="off")) as one:
        for name in ("alpha:m1", "alpha/m1", "ext-alpha-m1"):
            response = await one.chat(model=name)
            assert response.status == 404 and "is off" in response.json["error"]["message"]


async def test_the_last_resort_comes_after_all_else_but_not_for_a_prefix(tmp_path: Path) -> None:
    answer = answering(alpha=503, beta=503)
    async with gateway(tmp_path, answer, ALPHA, BETA, GAMMA, last_resort="gamma:other") as one:
        assert (await one.chat()).headers["x-switchboard-provider"] == "gamma"
        assert (await one.chat(model="alpha:m1")).status == 503
        assert (await one.chat(model="alpha:big")).status == 503


# --- routes at work --------------------------------------------------------------------------------------


async def test_a_route_goes_down_its_targets_and_its_plan_is_told(tmp_path: Path) -> None:
    chat = route("chat", place(ALPHA, "big"), place(BETA, "small"), place(GAMMA, "other"))
    async with gateway(tmp_path, answering(alpha=503, beta=500), ALPHA, BETA, GAMMA, routes=[chat]) as one:
        response = await one.chat(model="chat")
        assert response.headers["x-switchboard-model"] == "other"
        told = story(one)
    assert (told["how"], told["route"], told["strategy"]) == ("route", "chat", "ordered")
    assert [target["provider"] for target in told["targets"]] == ["alpha", "beta", "gamma"]


async def test_what_the_app_left_out_is_filled_in_and_the_rest_stays(tmp_path: Path) -> None:
    chat = route("chat", place(None, "beta:fast"), parameters={"max_tokens": 50, "temperature": 0.9})
    async with gateway(tmp_path, fine, BETA, routes=[chat]) as one:
        await one.chat(model="chat")
        await one.chat(model="beta:fast")
        await one.chat(model="chat", temperature=0, max_completion_tokens=9)
        route_said, role_said, app_said = asked(one)
    assert (route_said["temperature"], route_said["max_tokens"]) == (0.9, 50), "the name that was asked knows best"
    assert role_said["temperature"] == 0.1 and "max_tokens" not in role_said
    assert app_said["temperature"] == 0 and "max_tokens" not in app_said


async def test_defaults_reach_a_target_of_another_dialect(tmp_path: Path) -> None:
    async def claude(request: Any) -> Any:
        usage = {"input_tokens": 1, "output_tokens": 1}
        return reply({"id": "m", "type": "message", "role": "assistant", "model": "m1", "usage": usage,
                      "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"})  # fmt: skip

    there = provider("there", vendor_slug="anthropic")
    chat = route("chat", place(there, "m1"), parameters={"max_tokens": 77, "stop": "END"})
    async with gateway(tmp_path, claude, there, routes=[chat]) as one:
        assert (await one.chat(model="chat")).status == 200
        (sent,) = asked(one)
    assert sent["max_tokens"] == 77 and sent["stop_sequences"] == ["END"]


@pytest.mark.parametrize(
    ("condition", "body", "met"),
    [
        ({"stream": False}, {}, True),
        ({"stream": True}, {}, False),
        ({"tools": True}, {"tools": [{"type": "function", "function": {"name": "f"}}]}, True),
        ({"tools": True}, {}, False),
        ({"min_input": 1000}, {}, False),
        ({"min_input": 1000}, {"messages": [{"role": "user", "content": "word " * 2000}]}, True),
        ({"max_input": 1000}, {"messages": [{"role": "user", "content": "word " * 2000}]}, False),
        ({"team": 1}, {}, True),
        ({"team": 2}, {}, False),
    ],
)
async def test_a_target_with_a_condition_is_for_requests_that_meet_it(
    tmp_path: Path, condition: dict[str, Any], body: dict[str, Any], met: bool
) -> None:
    chat = route("chat", place(ALPHA, "big", conditions=Conditions(**condition)), place(BETA, "small"))
    async with gateway(tmp_path, fine, ALPHA, BETA, routes=[chat]) as one:
        response = await one.chat(model="chat", **body)
        assert response.headers["x-switchboard-provider"] == ("alpha" if met else "beta")
        told = story(one)
    code = "key" if "team" in condition else "condition"  # another team's target is not told to the app
    assert [one["code"] for one in told.get("dropped", [])] == ([] if met else [code])


async def test_a_request_only_goes_to_models_that_have_what_it_needs(tmp_path: Path) -> None:
    def able(name: str, **abilities: bool) -> Any:
        return provider(name, priority=ord(name[0]), facts={"m1": ModelFacts(capabilities=Capabilities(**abilities))})

    blind, seeing = able("blind", vision=False, tools=True), able("seeing", vision=True, tools=False)
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    chat = route("chat", place(blind, "m1"), place(seeing, "m1"))
    async with gateway(tmp_path, fine, blind, seeing, routes=[chat]) as one:
        with_picture = {"messages": [{"role": "user", "content": picture}]}
        assert (await one.chat(model="chat", **with_picture)).headers["x-switchboard-provider"] == "seeing"
        assert (await one.chat(model="chat", tools=tools)).headers["x-switchboard-provider"] == "blind"
        refused = await one.chat(model="chat", tools=tools, **with_picture)
        assert (refused.status, refused.json["error"]["code"]) == (400, "no_capable_model")
        for reason in ("blind:m1 does not take images", "seeing:m1 does not call tools"):
            assert reason in refused.json["error"]["message"]
        assert (await one.chat(model="m1", tools=tools, **with_picture)).status == 200, "an exact name is asked anyway"


async def test_a_key_goes_only_where_it_may(tmp_path: Path) -> None:
    chat = route("chat", place(ALPHA, "big"), place(BETA, "small"))
    keys = {
        SECRET: key_facts(allowed_models=("beta:*",)),
        "sk-sb-route": key_facts(id=2, allowed_models=("chat",)),
        "sk-sb-none": key_facts(id=3, allowed_models=("nothing",)),
    }
    async with gateway(tmp_path, fine, ALPHA, BETA, keys=keys, routes=[chat]) as one:
        assert (await one.chat(model="chat")).headers["x-switchboard-provider"] == "beta"
        assert (await one.chat(model="chat", key="sk-sb-route")).headers["x-switchboard-provider"] == "alpha"
        for name in ("chat", "m1", "auto", "alpha:m1"):
            assert (await one.chat(model=name, key="sk-sb-none")).status in (400, 403), name


# --- auto ------------------------------------------------------------------------------------------------


async def test_auto_finds_a_target_tells_its_scores_and_says_what_it_took_the_request_for(tmp_path: Path) -> None:
    async with gateway(tmp_path, fine, ALPHA, BETA, GAMMA) as one:
        code = [{"role": "user", "content": "Fix this Python function:\n```python\ndef f(x): return x +\n```"}]
        assert (await one.chat(model="auto", messages=code)).status == 200
        told = story(one)
    assert (told["how"], told["goal"], told["goal_from"]) == ("auto", "code", "request")
    assert set(told["targets"][0]["parts"]) == {"capability", "cost", "performance", "availability"}
    assert sum(told["weights"].values()) == pytest.approx(1)


async def test_auto_gets_through_when_the_best_fails(tmp_path: Path) -> None:
    async with gateway(tmp_path, answering(alpha=500, beta=503), ALPHA, BETA, GAMMA) as one:
        for number in range(20):
            response = await one.chat(model="auto:cheapest", messages=[{"role": "user", "content": f"Hi {number}"}])
            assert response.headers["x-switchboard-provider"] == "gamma"


async def test_auto_is_for_chats(tmp_path: Path) -> None:
    async with gateway(tmp_path, fine, ALPHA) as one:
        response = await one.call("/v1/embeddings", {"model": "auto", "input": "x"})
    assert (response.status, response.json["error"]["code"]) == (400, "no_capable_model")


# --- conversations ---------------------------------------------------------------------------------------

STICKY = Rules(retries=0)


def turns(count: int, first: str = "Hello") -> list[dict[str, str]]:
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": first}]
    for number in range(count):
        said += [{"role": "assistant", "content": f"a{number}"}, {"role": "user", "content": f"q{number}"}]
    return said


async def test_turns_of_a_conversation_stay_at_one_target_and_token(tmp_path: Path) -> None:
    tokens = ("t1", "t2", "t3")
    some = [provider(name, tokens=tokens) for name in ("p1", "p2", "p3", "p4")]
    async with gateway(tmp_path, fine, *some, rules=STICKY) as one:
        seen = set()
        for first in range(12):
            places = set()
            for count in range(4):
                await one.chat(messages=turns(count, first=f"Question {first}"))
                request = one.network.requests[-1]
                places.add((request.url.host, request.headers["authorization"]))
            assert len(places) == 1
            seen |= places
    assert len(seen) > 4, "other conversations go elsewhere"


@pytest.mark.parametrize("how", ["header", "session_id"])
async def test_a_named_session_stays_whatever_is_said(tmp_path: Path, how: str) -> None:
    some = [provider(name) for name in ("p1", "p2", "p3", "p4")]
    named: dict[str, Any] = {"session_id": "s1"} if how == "session_id" else {"headers": [(b"x-session-id", b"s1")]}
    async with gateway(tmp_path, fine, *some, rules=STICKY) as one:
        for number in range(8):
            await one.chat(messages=[{"role": "user", "content": f"{number}"}], **named)
        assert len({request.url.host for request in one.network.requests}) == 1
        assert all("session_id" not in sent for sent in asked(one)), "vendors refuse what they do not know"
        assert {row.session for row in one.rows()} == {"s1"}


async def test_a_conversation_moves_on_when_its_target_fails_and_stays_there(tmp_path: Path) -> None:
    down: dict[str, int] = {}
    some = [provider(name) for name in ("p1", "p2", "p3")]

    async def answer(request: Any) -> Any:
        return await answering(**down)(request)

    async with gateway(tmp_path, answer, *some, rules=STICKY) as one:
        home = (await one.chat(messages=turns(0))).headers["x-switchboard-provider"]
        down[home] = 503
        moved = (await one.chat(messages=turns(1))).headers["x-switchboard-provider"]
        assert moved != home
        down.clear()
        again = await one.chat(messages=turns(2))
        assert again.headers["x-switchboard-provider"] == moved
        row = one.rows()[-1]
    assert json.loads(row.plan)["sticky"] is True


def test_a_conversation_is_told_by_its_beginning() -> None:
    first = conversation({"messages": turns(0)})
    assert first is not None and first == conversation({"messages": turns(5)})
    assert first != conversation({"messages": turns(0, first="Other")})
    assert first != conversation({"messages": turns(0), "user": "ada"})
    assert conversation({"messages": [{"role": "system", "content": "x"}]}) is None


KEYS = st.sampled_from(["role", "content", "type", "text"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text()
ANYTHING = st.recursive(PLAIN, lambda one: st.lists(one) | st.dictionaries(KEYS, one))


@given(ANYTHING)
def test_any_messages_are_hashed_without_an_error(messages: Any) -> None:
    conversation({"messages": messages})
    conversation({"messages": [messages], "system": messages, "user": messages})


def test_a_conversation_is_forgotten_after_its_time_and_the_oldest_first() -> None:
    now = [0.0]
    kept = Bindings(clock=lambda: now[0], most=2)
    for name in ("a", "b", "c"):
        kept.keep(name, 1, "m")
    assert len(kept) == 2 and kept.of("a", seconds=10) is None and kept.of("c", seconds=10) == (1, "m")
    now[0] = 11
    assert kept.of("c", seconds=10) is None
