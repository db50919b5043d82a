"""From an operation to its answer: counted hops, guardrails, plan, answer cache, relay. Every endpoint that calls a
vendor ends here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from gateway import trace
from gateway.answer import Answer
from gateway.api.tags import read_tags
from gateway.api.wishes import read_wishes
from gateway.cache.asked import Asked
from gateway.cache.asking import CACHE_CONTROL, TTL
from gateway.cache.compiled import ON
from gateway.cache.found import Found
from gateway.errors import LoopDetected, UnknownModel
from gateway.guardrails.classifiers.asking import Asking
from gateway.guardrails.classifiers.naming import asks_a_model, classifier
from gateway.guardrails.compiled import Guard
from gateway.guardrails.keeping import KeptIfWhole
from gateway.guardrails.screen import Screen
from gateway.guardrails.values import Judging
from gateway.inbound import Inbound
from gateway.limits.taken import Taken
from gateway.operations.base import Operation
from gateway.relay.engine import relay
from gateway.relay.opening import left, refused
from gateway.relay.outgoing import Keeping
from gateway.relay.replay import replay
from gateway.relay.reserving import take_share
from gateway.relay.screened import Screened
from gateway.routing.plan import Plan
from gateway.routing.sessions import named_session
from providers.catalogue import HOP_HEADER
from providers.errors import SwitchboardError

MOST_HOPS = 4  # Switchboards in front of Switchboards; more is a loop
HOP_META = "HTTP_" + HOP_HEADER.upper().replace("-", "_")
TRACEPARENT = "HTTP_TRACEPARENT"
SESSION, OWN_SESSION = "HTTP_X_SESSION_ID", "HTTP_X_SWITCHBOARD_SESSION"


async def answer(request: Any, operation: Operation) -> Answer:
    """Raises what refuses the call, or the error of the last attempt; both are booked."""
    inbound = read_inbound(request, operation)
    snapshot = request.runtime.snapshots.current
    guards = () if snapshot.guardrails.empty else guards_of(snapshot, inbound)
    if guards or may_be_cached(snapshot, inbound, request.META):
        return await Looked(request, inbound, guards).answer()
    return await relay(request.runtime, inbound, planned(request.runtime, inbound), content=request.content)


async def counted(request: Any, operation: Operation) -> tuple[Inbound, Plan, Screened | None, bytes]:
    """A call that is not answered by the relay alone: what its guardrails left of it, where it may go, what the relay
    has to know of them, and the body. Raises what refuses it, which is booked."""
    inbound = read_inbound(request, operation)
    snapshot = request.runtime.snapshots.current
    guards = () if snapshot.guardrails.empty else guards_of(snapshot, inbound)
    looked = Looked(request, inbound, guards)
    plan = await looked.plan()
    return looked.inbound, plan, looked.screened(None) if guards else None, looked.content


def read_inbound(request: Any, operation: Operation) -> Inbound:
    """Raises what is wrong with the headers."""
    meta: dict[str, str] = request.META
    hops = count_hops(meta)
    header = meta.get(SESSION) or meta.get(OWN_SESSION) or ""
    return Inbound(
        operation=operation,
        caller=request.user,
        size=len(request.content),
        id=request.id,
        hops=hops,
        named=named_session(header, operation.session_id),
        wishes=read_wishes(meta),
        tags=read_tags(meta, request.user.key.tags),
        began=time.perf_counter_ns(),
        trace=trace.read(meta[TRACEPARENT]) if TRACEPARENT in meta else "",
    )


def planned(runtime: Any, inbound: Inbound) -> Plan:
    """Where the call may go. Raises what refuses it, which is booked."""
    try:
        plan: Plan = runtime.planner.plan(inbound)
    except SwitchboardError as error:
        refused(runtime, inbound, error)
        raise
    return plan


def guards_of(snapshot: Any, inbound: Inbound) -> tuple[Guard, ...]:
    """The guardrails that hold for a call."""
    key = inbound.caller.key
    found = snapshot.routes.find(inbound.model)
    guards: tuple[Guard, ...] = snapshot.guardrails.of(key.team_id, key.id, found[0].name if found else "")
    return guards


def pays(guard: Guard) -> bool:
    """Whether a model is asked for it, which may cost."""
    settings = guard.settings
    return guard.on_requests and isinstance(settings, Judging) and asks_a_model(settings.classifier)


def may_be_cached(snapshot: Any, inbound: Inbound, meta: Mapping[str, str]) -> bool:
    """Whether anything turns the answer cache on for the call, at a glance: most calls have nothing to do with it."""
    caching = snapshot.caching
    if caching.empty:
        return False
    if caching.mode == ON or inbound.caller.key.cache or snapshot.routes.caches:
        return True
    return TTL in meta or CACHE_CONTROL in meta


class Looked:
    """A call that guardrails or the answer cache look at."""

    def __init__(self, request: Any, inbound: Inbound, guards: tuple[Guard, ...]) -> None:
        self.request = request
        self.runtime = request.runtime
        self.inbound = inbound
        self.content: bytes = request.content
        self.guards = guards
        self._share: Taken | None = None  # of the key's limits, taken before a guardrail is paid for
        self.screen = self._screen() if guards else None
        if self.screen is not None:
            self.inbound = _safely_named(inbound, self.screen)

    def _screen(self) -> Screen:
        inbound = self.inbound
        asking = Asking(
            runtime=self.runtime, caller=inbound.caller, parent_id=inbound.id, hops=inbound.hops, tags=inbound.tags
        )
        classifiers = partial(classifier, asking=asking)
        return Screen(self.guards, self.inbound.operation, content=self.content, classifiers=classifiers)

    async def answer(self) -> Answer:
        plan = await self.plan()
        asked, found = await self._looked_up(plan)
        if found is not None:
            self._give_back()
            return await replay(self.runtime, self.inbound, found, self.screened(None))
        screened = self.screened(asked)
        return await relay(self.runtime, self.inbound, plan, content=self.content, screened=screened)

    async def plan(self) -> Plan:
        """Where it may go, after the guardrails. Raises what refuses it, which is booked."""
        try:
            if self.screen is not None:
                if any(map(pays, self.guards)):
                    self._share = await take_share(self.runtime, self.inbound)
                self._changed(await self.screen.asked())
            plan: Plan = self.runtime.planner.plan(self.inbound)
        except SwitchboardError as error:
            self._refused(error)
            raise
        except asyncio.CancelledError:
            self._give_back()
            left(self.runtime, self.inbound)
            raise
        return plan

    def screened(self, asked: Asked | None) -> Screened:
        screen = self.screen
        keeping: Keeping | None = asked.keeping() if asked is not None and asked.policy.keep else None
        headers = asked.headers() if asked is not None else ()
        if screen is None:
            return Screened([], keeping=keeping, headers=headers)
        reply, restorer = screen.reply(), screen.restorer()
        if keeping is not None and reply is not None and restorer is not None:
            keeping = KeptIfWhole(keeping, screen)
        share, self._share = self._share, None
        return Screened(screen.verdicts, reply=reply, restorer=restorer, keeping=keeping, headers=headers, share=share)

    async def _looked_up(self, plan: Plan) -> tuple[Asked | None, Found | None]:
        """What the answer cache has of it. Raises what is wrong with the headers, or that only an answer from the
        cache was wanted and there is none; both are booked."""
        snapshot = self.runtime.snapshots.current
        caching = snapshot.caching
        if caching.empty:
            return None, None
        changing = ",".join(str(one.id) for one in self.guards if one.on_replies)
        meta = self.request.META
        try:
            asked: Asked | None = self.runtime.cache.wanted(
                self.inbound, plan, meta, snapshot=snapshot, caching=caching, guards=changing
            )
            if asked is None:
                return None, None
            return asked, asked.look_now() or await asked.look(within=plan.rules.deadline)
        except SwitchboardError as error:
            self._refused(error)
            raise
        except asyncio.CancelledError:
            left(self.runtime, self.inbound)
            raise

    def _changed(self, operation: Operation) -> None:
        if operation is not self.inbound.operation:
            assert self.screen is not None
            self.content = self.screen.content
            self.inbound = replace(self.inbound, operation=operation, size=len(self.content))

    def _give_back(self) -> None:
        """It counts as a request, since a guardrail was asked, and used nothing."""
        share, self._share = self._share, None
        if share is not None:
            share.settle(0)
            share.leave()

    def _refused(self, error: SwitchboardError) -> None:
        self._give_back()
        if self.screen is not None and isinstance(error, UnknownModel):
            self._hide_model(self.screen, error)
        refused(self.runtime, self.inbound, error, verdicts=self.screen.verdicts if self.screen is not None else ())

    def _hide_model(self, screen: Screen, error: UnknownModel) -> None:
        """A name that nobody here gave any model stands in the log and in the error."""
        name = self.inbound.model
        safe = screen.safe_name(name)
        if safe != name:
            error.message = error.message.replace(name, safe)
            operation = self.inbound.operation
            hidden = operation.with_body({**operation.body, "model": safe})
            self.inbound = replace(self.inbound, operation=hidden)


def _safely_named(inbound: Inbound, screen: Screen) -> Inbound:
    """What the app calls the call stands in the log, beside what was redacted: its session and its own tags."""
    named, own = inbound.named, inbound.caller.key.tags
    if named is not None:
        inbound = replace(inbound, named=named._replace(id=screen.safe_name(named.id)))
    if inbound.tags != own:
        told = (one if one in own else screen.safe_name(one) for one in inbound.tags)
        inbound = replace(inbound, tags=tuple(dict.fromkeys(told)))
    return inbound


def count_hops(meta: Mapping[str, str]) -> int:
    """How many Switchboards this call came through. Raises ``LoopDetected`` for too many."""
    hops = meta.get(HOP_META, "0")
    if not (hops.isascii() and hops.isdigit()) or len(hops) > 4 or int(hops) >= MOST_HOPS:
        raise LoopDetected("This call came through Switchboard too often; a provider's address leads back here.")
    return int(hops)
