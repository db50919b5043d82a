"""The attempt loop: read this first. One call goes from target to target and token to token until one answers.

    for each round (the first, then retries after a wait):
        for each target of the plan:
            for each token: lease → attempt → on an error, by its verdict: same token | next token | next target | stop

A request that is too long or that a policy refused goes on along its own chain. The exchange is opened in the journal
before the first upstream byte, and closed before the last byte of the answer leaves. Cancellation (the app left) closes
the upstream at once and books what was produced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from gateway.answer import Answer
from gateway.errors import BudgetExceeded, DeadlineExceeded, Overloaded
from gateway.events import exchange_opened
from gateway.exchange import Verdict
from gateway.inbound import Inbound
from gateway.policy.gate import Gate, wait_any
from gateway.policy.gates import Ticket
from gateway.relay.attempt import Trial
from gateway.relay.cascade import Met, due, may_pass, soonest, telling
from gateway.relay.content import Content
from gateway.relay.context import Context
from gateway.relay.headers import attempt_headers
from gateway.relay.hedging import race
from gateway.relay.holding import Held
from gateway.relay.opening import open_exchange, priority_of
from gateway.relay.outgoing import Outgoing
from gateway.relay.reserving import CallShare, reserving_for
from gateway.relay.screened import Screened
from gateway.relay.settle import Settlement
from gateway.routing.plan import Plan
from gateway.routing.targets import Planned
from gateway.runtime import Runtime
from providers.breaker import Pass
from providers.errors import (
    BadConfiguration,
    ContentRefused,
    ContextTooLong,
    ProviderUnavailable,
    RateLimited,
    Retry,
    SwitchboardError,
)
from providers.pool import Lease


async def relay(
    runtime: Runtime, inbound: Inbound, plan: Plan, *, content: bytes, screened: Screened | None = None
) -> Answer:
    """Answers a call. Raises one error that names every attempt; every ending is booked. ``screened``: what guardrails
    and the answer cache want of it."""
    exchange = open_exchange(inbound)
    exchange.plan = plan.story
    kept = Content(content) if inbound.caller.team.store_content else None
    outgoing = None
    if screened is not None:
        exchange.verdicts = screened.verdicts
        outgoing = screened.outgoing(kept)
    elif kept is not None:
        outgoing = Outgoing(content=kept)
    size = inbound.size if inbound.operation.billed else 0
    journal = runtime.ledger.journal
    settlement = Settlement(
        exchange, journal, request_size=size, content=kept, outgoing=outgoing, started=inbound.began
    )
    taken = screened.share() if screened is not None else None
    if taken is not None:
        settlement.held.append(CallShare(taken, exchange))
    try:
        if not inbound.on_behalf:  # the call it is made for has its place already, and waits for it
            await _enter(runtime, inbound, settlement, patience=plan.rules.deadline)
        runtime.ledger.journal.open(exchange)
        exchange_opened.tell(exchange)
        reserving = reserving_for(runtime, inbound, settlement, plan, has_share=taken is not None)
        context = Context(runtime, inbound, settlement, plan, outgoing=outgoing, reserving=reserving)
        if screened is not None:
            context.headers = (*screened.headers, *(taken.headers if taken is not None else ()))
        return await Relay(context).over()
    except SwitchboardError as error:
        if isinstance(error, BudgetExceeded):
            exchange.verdicts.append(Verdict(by=str(error.details.get("budget", "")), kind="budget", action="refuse"))
        settlement.failed(error, usage=error.billed)
        if exchange.attempts:
            error.where = (*attempt_headers(exchange), *error.where)
        raise
    except asyncio.CancelledError:
        settlement.cancelled()
        raise
    except BaseException:
        settlement.failed(SwitchboardError("Switchboard failed on this request."))
        raise


async def _enter(runtime: Runtime, inbound: Inbound, settlement: Settlement, *, patience: float) -> None:
    """Its place among the calls in flight; waits for one where there is none, up to ``patience`` seconds."""
    key, gates = inbound.caller.key, runtime.gates
    ticket = gates.enter_now(key.id, limit=key.max_in_flight)
    if ticket is None:
        ticket = await gates.enter(key.id, limit=key.max_in_flight, priority=priority_of(inbound), patience=patience)
    settlement.ticket = ticket


class Relay:
    """One call on its way through its plan."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.plan = context.plan
        self.met: list[Met] = []
        self.hedged = False
        self.refused = False  # by a content policy: its chain is gone along once

    async def over(self) -> Answer:
        """Round after round. Raises what says most of all that was met."""
        answer = await self._through(self.plan.targets, kind="", waited=0.0)
        retry = 0
        while answer is None and retry < self.context.rules.retries and self.context.may_try:
            retry += 1
            again = self._worth_asking_again()
            wait = self.context.backoff(retry, soonest(error for _, error in again)) if again else None
            if wait is None:
                break
            await asyncio.sleep(wait)
            answer = await self._through(due(again, wait), kind="retry", waited=wait)
        if answer is None:
            raise self._nothing_answered()
        return answer

    async def _through(self, targets: Sequence[Planned], *, kind: str, waited: float) -> Answer | None:
        """Target after target; ``None`` when all failed. Raises what no other target could change."""
        waiting = list(targets)
        while waiting and self.context.may_try:
            room: Ticket | None = None
            try:
                if waiting[0].provider.max_in_flight is None:
                    planned = waiting.pop(0)
                else:
                    planned, room = await self._next(waiting)
            except Overloaded as error:
                self.met += [(one, error) for one in waiting]
                return None
            try:
                return await self._at(planned, room, waiting, kind=kind, waited=waited)
            except SwitchboardError as error:
                if self.context.answered:  # by a vendor, and its answer may not leave: no target failed
                    error.where = error.where or self.context.headers
                    raise
                self.met.append((planned, error))
                waiting = self._onward(planned, error, waiting)
                waited = 0.0
        return None

    async def _next(self, waiting: list[Planned]) -> tuple[Planned, Ticket | None]:
        """The first target whose provider has room, taken out of those that wait; where none has, whichever has it
        first. Raises ``Overloaded``."""
        gates = []
        for planned in waiting:
            gate = self._gate(planned)
            if gate is None or gate.try_enter():
                waiting.remove(planned)
                return planned, Ticket(gate) if gate is not None else None
            gates.append(gate)
        patience = min(self.context.runtime.gates.rules.patience, max(self.context.left, 0.001))
        entered = await wait_any(gates, patience=patience, priority=priority_of(self.context.inbound))
        return waiting.pop(gates.index(entered)), Ticket(entered)

    def _gate(self, planned: Planned) -> Gate | None:
        provider = planned.provider
        if provider.max_in_flight is None:
            return None
        return self.context.runtime.gates.provider(provider.id, limit=provider.max_in_flight, name=provider.name)

    def _onward(self, failed: Planned, error: SwitchboardError, waiting: list[Planned]) -> list[Planned]:
        """Where the call goes after an error. Raises the error where that is nowhere."""
        if isinstance(error, ContextTooLong):
            chain = self.plan.context_fallback(failed, waiting)
        elif isinstance(error, ContentRefused):
            chain = () if self.refused else self.plan.content_fallback()
            self.refused = True
        elif error.retry is Retry.NEVER:
            chain = ()
        else:
            return waiting
        met = {(one.provider.id, one.model) for one, _ in self.met}
        onward = [one for one in chain if (one.provider.id, one.model) not in met]
        if onward and self.context.inbound.wishes.fallback:
            return onward
        raise self._ending(error)

    def _at(
        self, planned: Planned, room: Ticket | None, waiting: list[Planned], *, kind: str, waited: float
    ) -> Awaitable[Answer]:
        """One target; where its turn is hedged, the next beside it."""
        last = not (self.context.rules.slow_start and any(map(self._might_answer, waiting)))
        first = self._tokens(planned, room, kind=kind, waited=waited, last=last)
        after = self._hedges_after(planned, waiting) if self.context.rules.hedge else None
        if after is None:
            return first
        self.hedged = True
        return race(first, lambda: self._beside(waiting), after=after)

    def _might_answer(self, planned: Planned) -> bool:
        """Whether it could be asked now. A slow target is not left for one that has no room, no token or an open
        breaker: the call would fail that the slow one would answer."""
        live, gate = self.context.runtime.live, self._gate(planned)
        if not (gate is None or gate.has_room) or not live.token_share(planned.provider):
            return False
        return live.blocked(planned.provider.id, planned.model) is None

    def _hedges_after(self, planned: Planned, waiting: Sequence[Planned]) -> float | None:
        """Seconds after which another is asked too; ``None`` where it is not, or nothing is known of the usual time."""
        if self.hedged or not waiting:
            return None
        stream = self.context.operation.stream
        return self.context.runtime.measures.p95(planned.provider.id, planned.target.model, stream=stream)

    def _beside(self, waiting: list[Planned]) -> Awaitable[Answer] | None:
        """The next target, taken out of the ones that wait. None while the first one still asks what it may hold: what
        the call itself takes of limits is taken once."""
        if not waiting or not self.context.may_try or not self.context.settlement.exchange.attempts:
            return None
        gate = self._gate(waiting[0])
        if gate is not None and not gate.try_enter():
            return None
        room = Ticket(gate) if gate is not None else None
        return self._hedge(waiting.pop(0), room)

    async def _hedge(self, planned: Planned, room: Ticket | None) -> Answer:
        """What it met is kept here: the race raises the first's error alone."""
        try:
            return await self._tokens(planned, room, kind="hedge", waited=0.0, last=False)
        except SwitchboardError as error:
            self.met.append((planned, error))
            raise

    def _tokens(
        self, planned: Planned, room: Ticket | None, *, kind: str, waited: float, last: bool
    ) -> Awaitable[Answer]:
        """One target, token after token. Raises what the last token met, with the pool's shortest wait."""
        trying = self._token_by_token(planned, room, kind=kind, waited=waited, last=last)
        return trying if room is None else self._within(room, trying)

    async def _within(self, room: Ticket, trying: Awaitable[Answer]) -> Answer:
        """The room at the provider is given back when all failed, else when the answer has ended."""
        try:
            return await trying
        except BaseException:
            room.leave()
            raise

    async def _token_by_token(
        self, planned: Planned, room: Ticket | None, *, kind: str, waited: float, last: bool
    ) -> Answer:
        context, pool = self.context, self.context.runtime.pool
        tried: set[int] = set()
        again = True
        met: SwitchboardError | None = None
        while context.may_try:
            lease = pool.lease(planned.provider, tried=tried, session=context.tie, units=context.units)
            if lease is None and met is None:
                raise BadConfiguration(f"{planned.provider.name} has no token that may be used.")
            if lease is None:
                break
            pass_ = self._let_through(planned, lease)
            slow_start = 0.0 if last or kind == "hedge" else context.rules.slow_start
            held = None
            if context.reserving is not None:
                planned, held = await self._reserved(planned, lease, pass_)
            trial = Trial(
                context, planned, lease, pass_, kind=kind, waited=waited, slow_start=slow_start, room=room, held=held
            )
            try:
                return await trial.run()
            except SwitchboardError as error:
                met, waited = error, 0.0
                if error.retry is Retry.SAME_TOKEN and again:
                    again = False
                    continue
                tried.add(lease.token.id)
                if error.retry is not Retry.NEXT_TOKEN:
                    raise
        if isinstance(met, RateLimited):
            met.retry_after = pool.shortest_rest(planned.provider) or met.retry_after
        raise met or self._too_late()

    async def _reserved(self, planned: Planned, lease: Lease, pass_: Pass) -> tuple[Planned, Held | None]:
        """The target, with the most output that is held for; and what the attempt holds. Raises why it may not begin;
        token and breaker are given back then."""
        assert self.context.reserving is not None
        try:
            planned, held = await self.context.reserving.reserve(self.context, planned)
            if self.context.answered or self.context.is_over:  # meanwhile: nothing may be sent any more
                if held is not None:
                    held.settle()
                raise self._too_late()
            return planned, held
        except BaseException:
            self.context.runtime.pool.abandon(lease, usage=0)
            self.context.runtime.breakers.leave(pass_, None, abandoned=True)
            raise

    def _let_through(self, planned: Planned, lease: Lease) -> Pass:
        """Past the breakers. Raises ``ProviderUnavailable``; the lease is given back then."""
        pass_ = self.context.runtime.breakers.enter(planned.provider.id, planned.target.model)
        if pass_ is None:
            self.context.runtime.pool.abandon(lease, usage=0)
            raise self._unavailable(planned)
        return pass_

    def _unavailable(self, planned: Planned) -> ProviderUnavailable:
        runtime = self.context.runtime
        blocked = runtime.breakers.blocked(planned.provider.id, planned.target.model)
        wait = max(1.0, blocked.until - runtime.live.now()) if blocked is not None else 1.0
        why = "it failed too often lately"  # what its breaker opened for may quote a request of another app
        error = ProviderUnavailable(f"{planned.provider.name} is not asked for {wait:.0f} s: {why}.", retry_after=wait)
        error.provider = planned.provider.name
        return error

    # --- after a round -------------------------------------------------------------------------------
    def _worth_asking_again(self) -> list[Met]:
        """Targets with what they met last."""
        last = {id(planned): (planned, error) for planned, error in self.met}
        longest = self.context.rules.backoff_cap
        return [one for one in last.values() if may_pass(one[1], longest=longest)]

    def _nothing_answered(self) -> SwitchboardError:
        return self._ending(self._too_late() if self.context.is_over or not self.met else None)

    def _too_late(self) -> DeadlineExceeded:
        return DeadlineExceeded(f"No target answered within the {self.context.rules.deadline:g} s this call may take.")

    def _ending(self, chosen: SwitchboardError | None) -> SwitchboardError:
        """What the app is told; the call's row tells of the attempt that met it."""
        context = self.context
        error = telling(self.met, context.settlement.exchange.attempts, asked=context.met_by, chosen=chosen)
        error.where = error.where or context.headers
        trial = context.met_by.get(error)
        if trial is not None:
            context.settlement.at(trial.attempt, trial.planned)
        return error
