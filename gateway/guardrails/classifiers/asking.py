"""Asking a model on behalf of a guardrail: through the gateway's own relay, for the same caller, so that it is booked,
budgeted and logged. Such a call passes no guardrail and no answer cache, so that a judge is never judged by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.caller import Caller
from gateway.exchange import uuid7
from gateway.guardrails.classifiers.base import ClassifierFailed
from gateway.inbound import Inbound
from gateway.operations.base import Operation
from gateway.relay.engine import relay
from gateway.relay.opening import refused
from gateway.routing.sessions import Session
from gateway.runtime import Runtime
from providers.errors import SwitchboardError
from providers.wires.openai.codec import encode

SOURCE = "guardrail"  # of the session that such a call is a part of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The call that is looked at. ``hops`` are counted on: a judge whose address leads back here ends as any loop."""

    runtime: Runtime
    caller: Caller
    parent_id: str
    hops: int = 0
    tags: tuple[str, ...] = ()

    async def ask(self, operation: Operation) -> bytes:
        """Raises as ``ask``."""
        return await ask(self.runtime, self.caller, operation, parent_id=self.parent_id, hops=self.hops, tags=self.tags)


async def ask(
    runtime: Runtime,
    caller: Caller,
    operation: Operation,
    *,
    parent_id: str,
    hops: int = 0,
    tags: tuple[str, ...] = (),
) -> bytes:
    """The body of the answer. Its log row names the call it was for (``parent_id``) as its session. Raises what refused
    or failed the call, which is booked, and ``ClassifierFailed`` for a stream."""
    inbound = Inbound(
        operation=operation,
        caller=on_behalf_of(caller),
        size=len(encode(operation.body)),
        id=uuid7(),
        hops=hops,
        named=Session(parent_id, SOURCE),
        tags=tags,
        on_behalf=True,
    )
    try:
        plan = runtime.planner.plan(inbound)
    except SwitchboardError as error:
        refused(runtime, inbound, error)
        raise
    answer = await relay(runtime, inbound, plan, content=b"")  # what is judged stands in the row of the call itself
    if not isinstance(answer.body, bytes):
        await answer.body.aclose()
        raise ClassifierFailed("a stream came for a verdict")
    return answer.body


def on_behalf_of(caller: Caller) -> Caller:
    """The admin chose the judge, so the models that the key may call do not hold for it; and the call that waits for
    the verdict has its place among the key's calls in flight already."""
    return Caller(caller.key._replace(allowed_models=(), max_in_flight=None), caller.team)
