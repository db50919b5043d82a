"""The beginning of a call: its row in the log, and before whom it may go."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gateway.exchange import Exchange, Verdict
from gateway.inbound import Inbound
from gateway.policy.gate import Priority
from gateway.relay.settle import Settlement
from gateway.routing.story import story_of
from gateway.runtime import Runtime
from providers.errors import SwitchboardError


def refused(runtime: Runtime, inbound: Inbound, error: SwitchboardError, *, verdicts: Sequence[Verdict] = ()) -> None:
    """Books a call that never got to a target, so that its key's owner finds it in the log."""
    exchange = open_exchange(inbound)
    exchange.verdicts = list(verdicts)
    exchange.plan = story_of(error.plan) if error.plan is not None else b""
    settlement_of(runtime, inbound, exchange).failed(error)


def left(runtime: Runtime, inbound: Inbound) -> None:
    """Books a call whose app left before it had a target."""
    settlement_of(runtime, inbound, open_exchange(inbound)).cancelled()


def settlement_of(runtime: Runtime, inbound: Inbound, exchange: Exchange) -> Settlement:
    journal = runtime.ledger.journal
    return Settlement(exchange, journal, request_size=inbound.size, content=None, started=inbound.began)


def open_exchange(inbound: Inbound) -> Exchange:
    key, team = inbound.caller.key, inbound.caller.team
    return Exchange(
        id=inbound.id,
        started_at=(time.time_ns() - (time.perf_counter_ns() - inbound.began if inbound.began else 0)) // 1000,
        request_id=inbound.id,
        endpoint=inbound.operation.endpoint,
        api_key_id=key.id,
        api_key=key.name,
        team_id=team.id,
        team=team.name,
        requested_model=inbound.model,
        stream=inbound.operation.stream,
        attempts=[],
        session=inbound.named.id if inbound.named is not None else "",
        tags=list(inbound.tags) if inbound.tags else [],
        trace=inbound.trace,
    )


def priority_of(inbound: Inbound) -> Priority:
    """An app may ask to go last, never to go first."""
    return Priority.LOW if inbound.wishes.low_priority else Priority(inbound.caller.key.priority)
