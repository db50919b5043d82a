"""The cast of these tests: one clock, a catalogue of two providers, calls of several teams, and their cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.cache.answers import AnswerCache, Embed
from gateway.cache.asked import Asked
from gateway.cache.compiled import ON, Caching
from gateway.cache.entry import Entry
from gateway.caller import Caller
from gateway.inbound import NO_WISHES, Inbound, Wishes
from gateway.operations.base import Operation
from gateway.operations.chat import Chat
from gateway.routing.compiled import CompiledRoute, RoutePlace, Routes
from gateway.routing.names import resolve
from gateway.routing.plan import Plan
from gateway.snapshot import KeyFacts, Snapshot, TeamFacts
from providers.canonical import Finish
from providers.catalogue import Catalogue, CompiledProvider
from tests.gateway.harness import key_facts, provider

BODY: dict[str, Any] = {"model": "m1", "messages": [{"role": "user", "content": "Hi"}]}
ALWAYS = Caching(mode=ON)
ACME = provider("acme", id=1, models=("m1", "m2"))
OTHER = provider("other", id=2, models=("m9",))


class Clock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def snapshot(*routes: CompiledRoute, providers: Sequence[CompiledProvider] = (ACME, OTHER)) -> Snapshot:
    return Snapshot(
        version=1,
        catalogue=Catalogue(providers={one.name: one for one in providers}),
        routes=Routes(routes=routes),
    )


def route(name: str, *places: tuple[int, str], **more: Any) -> CompiledRoute:
    targets = tuple(RoutePlace(provider_id=number, model=model) for number, model in places)
    return CompiledRoute(name=name, targets=targets, **more)


PLAIN = snapshot()


def inbound(
    body: Mapping[str, Any] = BODY,
    *,
    operation: Operation | None = None,
    wishes: Wishes = NO_WISHES,
    size: int = 100,
    forwarded: Any = (),
    wire: str = "openai",
    **key: Any,
) -> Inbound:
    """``key``: fields of ``KeyFacts``."""
    facts: KeyFacts = key_facts(**key)
    return Inbound(
        operation=operation or Chat(dict(body), wire_name=wire, forwarded=forwarded),
        caller=Caller(facts, TeamFacts(facts.team_id, f"team {facts.team_id}", False)),
        size=size,
        id="call-1",
        wishes=wishes,
    )


def plan(call: Inbound, known: Snapshot = PLAIN) -> Plan:
    resolved = resolve(known.catalogue, known.routes, call.model)
    targets = tuple(resolved.group.targets()) if resolved.group is not None else ()
    return Plan(targets, resolved, resolved.rules)


def cache(tmp_path: Path, *, clock: Clock | None = None, redis: Any = None, embed: Embed | None = None) -> AnswerCache:
    return AnswerCache(redis, directory=tmp_path / "cache", process="p1", clock=clock or Clock(), embed=embed)


def ask(
    answers: AnswerCache,
    call: Inbound | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    known: Snapshot = PLAIN,
    caching: Caching = ALWAYS,
    guards: str = "",
) -> Asked:
    asked = wanted(answers, call, headers=headers, known=known, caching=caching, guards=guards)
    assert asked is not None
    return asked


def wanted(
    answers: AnswerCache,
    call: Inbound | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    known: Snapshot = PLAIN,
    caching: Caching = ALWAYS,
    guards: str = "",
) -> Asked | None:
    call = call or inbound()
    return answers.wanted(call, plan(call, known), headers or {}, snapshot=known, caching=caching, guards=guards)


def keep(asked: Asked, *pieces: bytes, finish: Finish | None = Finish.STOP, cost: int | None = 500) -> bool:
    keeping = asked.keeping()
    for piece in pieces or (b'{"answer": 1}',):
        keeping.add(piece)
    return keeping.done(
        finish=finish, cost_nano=cost, provider="acme", model="m1", vendor="openai_compatible", wire="openai"
    )


def entry(key: bytes = b"k" * 32, body: bytes = b"{}", *, now: float = 1_000_000.0, **more: Any) -> Entry:
    given = {"created": now, "expires": now + 60, "scope": "team:1", "stream": False, **more}
    return Entry(key=key, pieces=[body], **given)
