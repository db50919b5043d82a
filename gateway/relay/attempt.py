"""One attempt: one target with one token. Whichever way it ends, the token, the breaker and the measures hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from gateway.answer import EVENT_STREAM, JSON, Answer, Headers
from gateway.exchange import Attempt
from gateway.operations.base import Bodies, Done
from gateway.policy.gates import Ticket
from gateway.relay.context import Context
from gateway.relay.headers import attempt_headers
from gateway.relay.holding import Held
from gateway.relay.outgoing import Outgoing
from gateway.relay.received import Received, as_far_as_it_goes
from gateway.relay.sending import Sending
from gateway.relay.stream import Streaming, unreadable
from gateway.relay.together import together
from gateway.routing.targets import Planned
from providers.breaker import Pass
from providers.canonical import HttpParts, Usage
from providers.errors import (
    RequestRejected,
    Retry,
    SwitchboardError,
    UnsupportedFeature,
    VendorGarbled,
    VendorTimeout,
)
from providers.pool import Lease
from providers.secrecy import clear, secrets_of

OF_THE_REQUEST = (RequestRejected, UnsupportedFeature)  # errors that tell nothing of how well a target does
LONG = 30.0  # seconds without an answer that tell of a vendor of which nothing else is known


class Trial:
    """``slow_start``: seconds until a stream must have begun, 0 for the provider's own limits."""

    __slots__ = (
        *("_is_answer", "_over", "_pass", "attempt", "context", "dropped", "held", "lease", "planned", "room"),
        *("sending", "slow_start"),
    )

    def __init__(
        self,
        context: Context,
        planned: Planned,
        lease: Lease,
        pass_: Pass,
        *,
        kind: str = "",
        waited: float = 0,
        slow_start: float = 0,
        room: Ticket | None = None,
        held: Held | None = None,
    ) -> None:
        self.context = context
        self.planned = planned
        self.lease = lease
        self.room = room
        self.held = held
        self._is_answer = False
        self.dropped = ""
        self.slow_start = slow_start
        self._pass: Pass | None = pass_
        self._over = False
        settlement = context.settlement
        self.attempt = Attempt(
            provider=planned.provider.name,
            model=planned.target.model,
            token=lease.token.fingerprint,
            started_us=settlement.elapsed_us(),
            reason=planned.reason,
            kind=kind,
            waited_us=int(waited * 1e6),
        )
        if held is not None:
            held.begin(self.attempt)
        settlement.exchange.attempts.append(self.attempt)
        settlement.at(self.attempt, planned)
        if len(settlement.exchange.attempts) > 1 or self.attempt.hold_nano or self.attempt.hold_units:
            settlement.another()
        context.runtime.measures.began(planned.provider.id, planned.target.model)
        context.running.append(self)
        self.sending = Sending(context, planned, lease, self.attempt)

    async def run(self) -> Answer:
        """Raises what went wrong, told to all whom it concerns."""
        parts = self._written()
        try:
            if not self.context.operation.stream:
                return await self._whole(parts)
            if not self.slow_start:
                return await self._streamed(parts[0])
            async with asyncio.timeout(self.slow_start):
                return await self._streamed(parts[0])
        except SwitchboardError as error:
            self.failed(error)
            raise
        except Exception as error:
            if self.slow_start and isinstance(error, TimeoutError):
                own = self.context.inbound.wishes.slow_start is not None  # one app's hurry says nothing of the target
                self.abandoned("slow start: nothing came in time", ok=None if own else False)
                self.settle()
                raise self._slow() from None
            garbled = unreadable(self.planned.provider.name, error)
            self.failed(garbled)
            raise garbled from error
        except BaseException:
            self.abandoned("cancelled")
            raise

    def _written(self) -> Sequence[HttpParts]:
        """The requests. What cannot be told there is the target's lack; any other error is ours."""
        try:
            parts = self.context.operation.write(self.planned)
        except SwitchboardError as error:
            self.failed(error)
            raise
        except BaseException:
            self.abandoned("not written", Usage())
            raise
        self.dropped = ",".join(parts[0].dropped)
        return parts

    # --- whole replies ---------------------------------------------------------------------------
    async def _whole(self, asked: Sequence[HttpParts]) -> Answer:
        if len(asked) == 1:
            answers = [await self._body(asked[0])]
        else:
            answers = await together(self._body, asked)
        done = self.context.operation.read(Bodies(answers), self.planned)
        settlement = self.context.settlement
        self._still_wanted()
        self.won()
        self.succeeded(done.usage)
        outgoing = self.context.outgoing
        if outgoing is None:
            settlement.done(done.usage, output_chars=done.output_chars, finish=done.finish)
            return Answer(200, done.body, (JSON, *self.headers()))
        body = await self._let_out(outgoing, done)
        settlement.done(done.usage, output_chars=done.output_chars, finish=done.finish)
        return Answer(200, body, (JSON, *self.headers()))

    async def _let_out(self, outgoing: Outgoing, done: Done) -> bytes:
        """The vendor is done, and bills it, whatever becomes of its answer here."""
        try:
            return await outgoing.whole(done.body)
        except SwitchboardError as error:
            self.attempt.verdict = "stop: a guardrail"
            error.retry = Retry.NEVER
            self.context.settlement.failed(error, usage=done.usage, output_chars=done.output_chars)
            raise
        except asyncio.CancelledError:
            self.context.settlement.cancelled(done.usage, output_chars=done.output_chars)
            raise

    async def _body(self, parts: HttpParts) -> tuple[bytes, Mapping[str, str]]:
        upstream = await self.sending.send(parts)
        try:
            if not 200 <= upstream.status < 300:
                raise await self._read_error(upstream)
            self._first_byte()
            return await upstream.read(), upstream.headers
        finally:
            await upstream.close()

    # --- streams -----------------------------------------------------------------------------------
    async def _streamed(self, parts: HttpParts) -> Answer:
        """Waits for the first frame, so that a vendor that fails at once can still be replaced."""
        upstream = await self.sending.send(parts)
        keep = False
        try:
            if not 200 <= upstream.status < 300:
                raise await self._read_error(upstream)
            streaming = Streaming(self, upstream, self.context.operation.tap(self.planned))
            await streaming.begin()
            self._still_wanted()
            keep = True  # closed by the stream's own ending
        finally:
            if not keep:
                await upstream.close()
        self._first_byte()
        self._leave_breaker(None)
        self.won()
        return Answer(200, streaming, (*EVENT_STREAM, *self.headers()))

    async def _read_error(self, upstream: Received) -> SwitchboardError:
        body = await as_far_as_it_goes(upstream)
        return self.planned.wire.read_error(upstream.status, upstream.headers, body, self.planned.target)

    def _still_wanted(self) -> None:
        """Raises when another attempt answered in the same moment: this one was booked as lost already."""
        if self._over:
            raise SwitchboardError("Another target answered first.")

    # --- what came of it -----------------------------------------------------------------------------
    def won(self) -> None:
        """This attempt's answer is the call's; one that was under way beside it is booked before the call is closed."""
        settlement, context = self.context.settlement, self.context
        context.answered = True
        self._is_answer = True
        if settlement.attempt is not self.attempt or len(context.running) > 1:
            for rival in [one for one in context.running if one is not self]:
                rival.abandoned("lost: another answered first")
                rival.settle()
            settlement.at(self.attempt, self.planned)
        settlement.exchange.dropped = self.dropped
        if self.attempt.first_byte_us:
            settlement.exchange.first_byte_us = self.attempt.started_us + self.attempt.first_byte_us
        if context.plan.binds:
            context.runtime.bindings.keep(context.plan.binds, self.planned.provider.id, self.planned.target.model)

    def succeeded(self, usage: Usage | None) -> None:
        if not self._ends(ok=True, output=usage.output if usage else 0):
            return
        self.context.runtime.pool.release(self.lease, usage=usage.input + usage.output if usage else None)
        self._leave_breaker(None)

    def failed(self, error: SwitchboardError, *, verdict: str = "") -> None:
        if self._over:
            return
        clear(error, secrets_of(self.planned.provider, self.lease.token))
        if self._was_cut(error):
            self.abandoned("stop: the time for the call is over")
        else:
            self._fails(error, verdict or error.retry.value)
        self._says(error)

    def _fails(self, error: SwitchboardError, verdict: str) -> None:
        self._ends(ok=None if isinstance(error, OF_THE_REQUEST) else False)
        vendor = self.planned.provider.vendor
        testable = bool(vendor.probe_path or (vendor.models_path and vendor.models_need_token))
        self.context.runtime.pool.release(self.lease, error, testable=testable)
        self._leave_breaker(error)
        self.attempt.verdict = verdict
        if error.billed is not None:
            self.context.settlement.charge(self.attempt, self.planned, error.billed)
        elif isinstance(error, VendorGarbled) and self.attempt.status == 200 and self.attempt.hold_nano:
            self.attempt.cost_nano, self.attempt.cost_basis = (
                self.attempt.hold_nano,
                "hold",
            )  # billed, nobody can tell what
        if not self._is_answer:
            self.settle()

    def settle(self) -> None:
        """Its figures are final."""
        if self.held is not None:
            self.held.settle()

    def _was_cut(self, error: SwitchboardError) -> bool:
        """Whether the call's own deadline ended it, sooner than this target usually answers: one app's hurry must not
        open the breaker for the others."""
        if not (isinstance(error, VendorTimeout) and self.context.is_over):
            return False
        if self.attempt.first_byte_us:
            return True
        usual: float | None = None
        if self.context.inbound.wishes.deadline is None:  # what one app asks for may be longer than any answer was yet
            stream, target = self.context.operation.stream, self.planned.target
            usual = self.context.runtime.measures.p95(self.planned.provider.id, target.model, stream=stream)
        took = self.context.settlement.elapsed_us() - self.attempt.started_us
        return took / 1e6 < (usual or LONG)

    def _says(self, error: SwitchboardError) -> None:
        """The attempt's row and the error know each other."""
        self.attempt.error, self.attempt.message = error.code, error.message[:300]
        error.provider = self.planned.provider.name  # type: ignore[attr-defined]
        self.context.met_by[error] = self

    def abandoned(self, verdict: str, usage: Usage | None = None, *, ok: bool | None = None) -> None:
        """Nobody waits for it any more: no breaker opens for that, and the vendor bills what it was asked."""
        if not self._ends(ok=ok):
            return
        spent = usage or self.context.settlement.estimated()
        self.context.runtime.pool.abandon(self.lease, usage=spent.input + spent.output)
        self._leave_breaker(None, abandoned=True)
        self.attempt.verdict = verdict
        self.context.settlement.charge(self.attempt, self.planned, spent)

    def _ends(self, *, ok: bool | None, output: int = 0) -> bool:
        """The clock stops, once; says whether it did just now."""
        if self._over:
            return False
        self._over = True
        self.context.running.remove(self)
        if self.context.running:  # the call is at the one that is still under way beside it
            other = self.context.running[-1]
            self.context.settlement.at(other.attempt, other.planned)
        attempt, runtime = self.attempt, self.context.runtime
        attempt.duration_us = self.context.settlement.elapsed_us() - attempt.started_us
        runtime.measures.ended(
            self.planned.provider.id,
            self.planned.target.model,
            ok=ok if self.context.operation.billed else None,  # a count is quicker than any answer
            first_s=attempt.first_byte_us / 1e6 if attempt.first_byte_us and self.context.operation.stream else None,
            seconds=attempt.duration_us / 1e6,
            output=output,
        )
        if self.room is not None and self._is_answer:  # until then it is the loop's, for the next token
            self.room.leave()
        return True

    def _leave_breaker(self, error: SwitchboardError | None, *, abandoned: bool = False) -> None:
        pass_, self._pass = self._pass, None
        breakers = self.context.runtime.breakers
        if pass_ is None and error is not None:  # a stream that had begun well, and broke
            pass_ = breakers.enter(self.planned.provider.id, self.planned.target.model)
        if pass_ is not None:
            breakers.leave(pass_, error, abandoned=abandoned)

    def _first_byte(self) -> None:
        if not self.attempt.first_byte_us and not self._over:
            self.attempt.first_byte_us = max(1, self.context.settlement.elapsed_us() - self.attempt.started_us)

    def _slow(self) -> VendorTimeout:
        error = VendorTimeout(f"{self.planned.provider.name} sent nothing within {self.slow_start:g} s.")
        error.code = "provider_slow_start"
        self._says(error)
        return error

    def headers(self) -> Headers:
        return (*attempt_headers(self.context.settlement.exchange), *self.context.headers)
