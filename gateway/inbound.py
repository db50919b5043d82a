"""A request on its way in: who asks, what for, and what it says of how it wants to be tried."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gateway.caller import Caller
from gateway.operations.base import Operation
from gateway.routing.sessions import Session
from gateway.routing.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the app's headers ask for; ``None`` where they say nothing. They only ever tighten what the admin set."""

    max_attempts: int | None = None
    retries: int | None = None
    deadline: float | None = None
    slow_start: float | None = None
    fallback: bool = True
    low_priority: bool = False


NO_WISHES = Wishes()


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """``size`` is in bytes; ``hops`` counts the Switchboards it came through; ``named`` is the app's own session.
    ``tags``: the key's, and those the app named."""

    operation: Operation
    caller: Caller
    size: int
    id: str
    hops: int = 0
    named: Session | None = None
    wishes: Wishes = NO_WISHES
    tags: tuple[str, ...] = ()
    began: int = 0  # ``time.perf_counter_ns`` when it came; 0 for now
    trace: str = ""  # the app's traceparent
    on_behalf: bool = False  # made by Switchboard itself for another call, which has the key's place in its limits

    @property
    def model(self) -> str:
        return self.operation.model

    @cached_property
    def traits(self) -> Traits:
        """Read when a choice depends on it."""
        return self.operation.traits(self.size)

    @cached_property
    def session(self) -> Session | None:
        """The named one, else what the first messages tell. Read when a choice depends on it."""
        return self.named or self.operation.conversation()
