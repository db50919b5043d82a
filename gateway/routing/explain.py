"""What would happen to a request now, or under routes that nobody saved yet. Nothing is sent and nothing remembered."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from gateway.caller import Caller
from gateway.errors import BadRequest
from gateway.inbound import Inbound
from gateway.operations.base import Bodies, Done, Operation, Single, read_model
from gateway.operations.chat import Chat
from gateway.routing.compiled import CompiledRoute
from gateway.routing.live import Live
from gateway.routing.plan import Planner
from gateway.routing.sessions import Bindings, named_session
from gateway.routing.story import story
from gateway.routing.targets import Planned
from gateway.routing.traits import CHARS_PER_UNIT, Traits
from gateway.runtime import Runtime
from gateway.snapshot import NO_TEAM, KeyFacts, Snapshot
from providers.canonical import HttpParts
from providers.errors import SwitchboardError
from providers.wires import StreamTap

PATIENCE = 5.0  # seconds for the serving loop to get round to it
WIRES = {"chat.completions": "openai", "messages": "anthropic"}
ANYBODY = KeyFacts(0, "", 0, True, 0.0, frozenset(), ())


class Asked(NamedTuple):
    """A request to explain. ``body`` needs at least ``model``; where it holds no messages, ``input`` units are taken as
    its size. ``key`` ``None``: as a key that may call everything."""

    body: Mapping[str, Any]
    endpoint: str = "chat.completions"
    key: KeyFacts | None = None
    team_id: int = 0
    session: str = ""
    input: int = 0


class Named(Single):
    """A request of which only name and size are known."""

    def __init__(self, asked: Asked) -> None:
        self.endpoint = asked.endpoint
        self.model = read_model(asked.body)
        self.stream = asked.body.get("stream") is True
        self.chats = asked.endpoint in WIRES
        self.units = asked.input

    def traits(self, size: int) -> Traits:
        return Traits(input=self.units or size // CHARS_PER_UNIT, stream=self.stream)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        raise NotImplementedError("it is only planned")

    def read(self, bodies: Bodies, planned: Planned) -> Done:
        raise NotImplementedError("it is only planned")

    def tap(self, planned: Planned) -> StreamTap:
        raise NotImplementedError("it is only planned")

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        raise NotImplementedError("it is only planned")


def explain(
    snapshot: Snapshot,
    live: Live,
    asked: Asked,
    *,
    drafts: Sequence[CompiledRoute] | None = None,
    bindings: Bindings | None = None,
) -> dict[str, Any]:
    """``{"story": …, "error": None}``, or the error (``code``, ``message``, ``status``) the app would get, with the
    story of who was left out where there is one. ``drafts``
    stand in for the routes of their names. Raises ``BadRequest`` for what is no request."""
    if drafts is not None:
        snapshot = replace(snapshot, routes=snapshot.routes.with_drafts(drafts), names={})
    planner = Planner(snapshot, live, bindings or Bindings())
    inbound = _inbound(asked, snapshot)
    try:
        told = planner.plan(inbound).told()
    except SwitchboardError as error:
        known = story(error.plan) if error.plan is not None else None
        return {"story": known, "error": {"code": error.code, "message": error.message, "status": error.status}}
    return {"story": story(told), "error": None}


def explain_now(runtime: Runtime, asked: Asked, *, drafts: Sequence[CompiledRoute] | None = None) -> dict[str, Any]:
    """With what the serving process knows of the moment; may be called from any thread. Raises ``BadRequest``, and
    ``TimeoutError`` where its loop does not get round to it."""

    def here() -> dict[str, Any]:
        live = Live(pool=runtime.pool, breakers=runtime.breakers, measures=runtime.measures, seed=0)
        live.turns = dict(runtime.live.turns)
        return explain(runtime.snapshots.current, live, asked, drafts=drafts, bindings=runtime.bindings)

    loop = runtime.loop
    if loop is None or _on(loop):
        return here()
    answer: concurrent.futures.Future[dict[str, Any]] = concurrent.futures.Future()

    def run() -> None:
        try:
            answer.set_result(here())
        except BaseException as error:
            answer.set_exception(error)

    loop.call_soon_threadsafe(run)
    return answer.result(PATIENCE)


def _on(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _inbound(asked: Asked, snapshot: Snapshot) -> Inbound:
    operation = _operation(asked)
    key = asked.key or ANYBODY
    team = snapshot.teams.get(asked.team_id or key.team_id, NO_TEAM)
    named = named_session(asked.session, operation.session_id)
    return Inbound(operation=operation, caller=Caller(key, team), size=0, id="explain", named=named)


def _operation(asked: Asked) -> Operation:
    wire_name = WIRES.get(asked.endpoint)
    if wire_name is None or not asked.body.get("messages"):
        return Named(asked)
    if not isinstance(asked.body.get("messages"), list):
        raise BadRequest("`messages` must be a list.", param="messages")
    return Chat(dict(asked.body), wire_name=wire_name, endpoint=asked.endpoint)
