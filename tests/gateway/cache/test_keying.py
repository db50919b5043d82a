"""Never a wrong answer: requests that differ in anything that matters have different keys, equal ones have the same."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.cache.compiled import ON, Caching
from gateway.cache.identity import identity_of
from gateway.cache.keying import LARGEST
from gateway.inbound import Wishes
from gateway.operations.completions import Completions
from gateway.operations.count_tokens import CountTokens
from gateway.operations.embeddings import Embeddings
from gateway.operations.rerank import Rerank
from gateway.routing.names import resolve
from gateway.snapshot import Snapshot
from tests.gateway.cache.cast import ACME, BODY, OTHER, PLAIN, ask, cache, inbound, plan, route, snapshot, wanted
from tests.gateway.harness import provider

NOWHERE = Path("/nonexistent")
ANSWERS = cache(NOWHERE)

words = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(1 - 2**53, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system"]), "content": values}),
    min_size=1,
    max_size=3,
)
requests = st.fixed_dictionaries(
    {"model": st.sampled_from(["m1", "m2", "acme:m1", "r1", "r2"]), "messages": messages},
    optional={
        "temperature": numbers,
        "top_p": numbers,
        "max_tokens": numbers,
        "n": numbers,
        "seed": numbers,
        "stop": values,
        "tools": values,
        "response_format": values,
        "stream": st.booleans(),
        "nobody_knows": values,
    },
)
callers = st.fixed_dictionaries({"team_id": st.integers(0, 2), "id": st.integers(1, 2)})
ROUTED = snapshot(route("r1", (1, "m1")), route("r2", (1, "m1")))


def key(body: dict[str, Any], known: Snapshot = ROUTED, *, shared: bool = False, **more: Any) -> bytes:
    caching = Caching(mode=ON, shared=shared)
    return ask(ANSWERS, inbound(msgspec.json.decode(json.dumps(body)), **more), known=known, caching=caching).key


def canonical(value: Any) -> Any:
    """What makes two requests the same, told by another way: kinds apart, numbers by their value."""
    if isinstance(value, dict):
        return ("object", frozenset((name, canonical(one)) for name, one in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(canonical, value)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return (type(value).__name__, value)
    return ("number", value)


def asked_for(body: dict[str, Any]) -> Any:
    return canonical({**body, "stream": body.get("stream", False)})


@settings(max_examples=60, deadline=None)
@given(requests, requests, callers, callers)
def test_two_requests_share_an_answer_only_if_caller_and_request_are_the_same(
    one: dict[str, Any], other: dict[str, Any], asker: dict[str, int], another: dict[str, int]
) -> None:
    same_scope = asker["team_id"] == another["team_id"] if asker["team_id"] or another["team_id"] else asker == another
    same = same_scope and asked_for(one) == asked_for(other)
    if same:
        assert key(one, **asker) == key(other, **another)
    else:
        assert key(one, **asker) != key(other, **another)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each leaf."""
    if isinstance(value, dict) and value:
        return [way for name, one in value.items() for way in places(one, (*path, name))]
    if isinstance(value, list) and value:
        return [way for at, one in enumerate(value) for way in places(one, (*path, at))]
    return [path]


def changed(value: Any, path: tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], leaf)
    return copy


@settings(max_examples=80, deadline=None)
@given(requests, values, st.data())
def test_one_value_changed_anywhere_is_another_request(body: dict[str, Any], leaf: Any, data: st.DataObject) -> None:
    inside = [way for way in places(body) if way[0] not in ("model", "stream") and way[-1] != "role"]
    other = changed(body, data.draw(st.sampled_from(inside)), leaf)
    assume(asked_for(other) != asked_for(body))
    assert key(other) != key(body)


@settings(max_examples=50, deadline=None)
@given(requests, st.randoms(use_true_random=False))
def test_order_of_fields_and_the_form_of_numbers_do_not_matter(body: dict[str, Any], chance: random.Random) -> None:
    assert key(shuffled(body, chance)) == key(body)


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same, written in another way: fields in another order, 1 as 1.0."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    if isinstance(value, list):
        return [shuffled(one, chance) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value


def test_every_kind_of_difference_has_a_key_of_its_own() -> None:
    keys = [
        key(BODY),
        key(BODY, team_id=2),
        key(BODY, team_id=0, id=1),
        key(BODY, team_id=0, id=2),
        key(BODY, shared=True),
        key(BODY, allowed_models=("m*",)),
        key(BODY, wishes=Wishes(fallback=False)),
        key(BODY, forwarded=(("anthropic-beta", "a"),)),
        key({**BODY, "model": "m2"}),
        key({**BODY, "model": "acme:m1"}),
        key({**BODY, "model": "r1"}),
        key({**BODY, "model": "r2"}),
        key({**BODY, "stream": True}),
        key({**BODY, "stream": True, "stream_options": {"include_usage": True}}),
        key({**BODY, "temperature": 0}),
        key({**BODY, "temperature": None}),
        key({**BODY, "temperature": False}),
        key({**BODY, "temperature": "0"}),
        key({**BODY, "seed": 2**53}),
        key({**BODY, "seed": 2**53 + 1}),
        key({**BODY, "messages": [*BODY["messages"], {"role": "assistant", "content": "Hello"}]}),
        key({**BODY, "max_tokens": 5}, wire="anthropic"),
        key({**BODY, "max_tokens": 5}),
        ask(ANSWERS, guards="4").key,
        ask(ANSWERS, inbound(operation=Completions({"model": "m1", "prompt": "Hi"}))).key,
        ask(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": "Hi"}))).key,
        ask(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": ["Hi"]}))).key,
        ask(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": "Hi", "inputs": "x"}))).key,
        ask(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": "Hi", "inputs": "y"}))).key,
        ask(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": "Hi", "dimensions": 4}))).key,
        ask(ANSWERS, inbound(operation=Rerank({"model": "m1", "query": "Hi", "documents": ["a", "b"]}))).key,
        ask(ANSWERS, inbound(operation=Rerank({"model": "m1", "query": "Hi", "documents": ["b", "a"]}))).key,
    ]
    assert len(set(keys)) == len(keys)


def test_teams_that_share_have_one_key() -> None:
    assert key(BODY, shared=True, team_id=1) == key(BODY, shared=True, team_id=2)


@pytest.mark.parametrize(
    "more",
    [
        {"user": "u1"},
        {"metadata": {"a": 1}},
        {"store": False},
        {"safety_identifier": "s"},
        {"session_id": "s"},
        {"stream": False},
        {"stream_options": {"include_usage": True}},
        {"prompt_cache_key": "p"},
    ],
)
def test_who_asks_and_how_it_is_filed_does_not_matter(more: dict[str, Any]) -> None:
    assert key({**BODY, **more}) == key(BODY)


def test_neither_does_it_for_embeddings() -> None:
    plain = inbound(operation=Embeddings({"model": "m1", "input": "Hi"}))
    named = inbound(operation=Embeddings({"model": "m1", "input": "Hi", "user": "u", "metadata": {"a": 1}}))
    assert ask(ANSWERS, plain).key == ask(ANSWERS, named).key


def test_what_must_not_come_from_a_cache_does_not() -> None:
    assert wanted(ANSWERS, inbound({**BODY, "store": True})) is None
    assert wanted(ANSWERS, inbound(operation=Embeddings({"model": "m1", "input": "Hi", "store": True}))) is None
    assert wanted(ANSWERS, inbound(operation=CountTokens(dict(BODY)))) is None
    assert wanted(ANSWERS, inbound(size=LARGEST + 1)) is None
    assert wanted(ANSWERS, inbound(size=LARGEST)) is not None


def identity(name: str, known: Snapshot) -> bytes:
    return identity_of(resolve(known.catalogue, known.routes, name), known)


def test_a_changed_route_or_provider_is_another_model() -> None:
    known = [
        snapshot(route("r", (1, "m1"))),
        snapshot(route("r", (1, "m2"))),
        snapshot(route("r", (1, "m1"), (2, "m9"))),
        snapshot(route("r", (2, "m9"), (1, "m1"))),
        snapshot(route("r", (1, "m1"), parameters={"temperature": 1})),
        snapshot(route("r", (1, "m1"), content_fallback="m9")),
        snapshot(route("r", (1, "m1"), content_fallback="other"), route("other", (2, "m9"))),
        snapshot(route("r", (1, "m1"), content_fallback="other"), route("other", (1, "m2"))),
        snapshot(route("r", (1, "m1")), providers=(provider("acme", id=1, models=("m1",), base_url="http://b"), OTHER)),
        snapshot(route("r", (1, "m1")), providers=(provider("acme", id=1, settings={"region": "eu"}), OTHER)),
    ]
    assert len({identity("r", one) for one in known}) == len(known)


def test_what_a_name_stands_for_stays_where_something_else_changes() -> None:
    more = snapshot(route("r", (1, "m1")), route("new", (2, "m9")))
    assert identity("r", more) == identity("r", snapshot(route("r", (1, "m1"))))
    token = snapshot(providers=(provider("acme", id=1, models=("m1", "m2"), tokens=("t1", "t2")), OTHER))
    assert identity("m1", token) == identity("m1", PLAIN)


def test_auto_is_another_model_when_any_provider_changes() -> None:
    less = snapshot(providers=(ACME,))
    assert identity("auto", PLAIN) != identity("auto", less)
    assert identity("auto", PLAIN) != identity("auto:code", PLAIN)


def test_an_identity_is_worked_out_once_until_something_changes() -> None:
    call = inbound()
    resolved = plan(call).resolved
    first = ANSWERS.identities.of(resolved, PLAIN)
    assert ANSWERS.identities.of(resolved, PLAIN) is first
    assert ANSWERS.identities.of(plan(call).resolved, PLAIN) == first
