"""The end of a call: usage, cost, times, the closing record in the journal, and the word to listeners.

``close`` never awaits and never raises, so it may stand in any ``finally``.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from gateway.events import exchange_closed
from gateway.exchange import Attempt, Exchange
from gateway.ledger import Journal
from gateway.policy.gates import Ticket
from gateway.relay.content import Content
from gateway.relay.holding import Settles
from gateway.relay.outgoing import Outgoing
from gateway.routing.targets import Planned
from providers.canonical import Finish, Usage, UsageBasis
from providers.errors import SwitchboardError
from providers.pricing import UNKNOWN, Cost
from providers.pricing.sheet import Sheet
from providers.pricing.usage import counts_of

log = logging.getLogger("switchboard.relay")

MOST_UNITS = 2**31 - 1
CHARS_PER_UNIT = 4  # OpenAI's own rule of thumb for English text; only used where the vendor told nothing


class Settlement:
    """Closes one exchange exactly once, whichever ending comes first."""

    __slots__ = (
        *("assumed", "attempt", "closed", "content", "exchange", "held", "journal", "noted_at", "planned"),
        *("outgoing", "request_size", "started", "ticket", "usage"),
    )

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        *,
        request_size: int,
        content: Content | None,
        outgoing: Outgoing | None = None,
        started: int = 0,
    ) -> None:
        self.outgoing = outgoing
        self.exchange = exchange
        self.journal = journal
        self.request_size = request_size
        self.content = content
        self.started = started or time.perf_counter_ns()
        self.noted_at = self.started
        self.closed = False
        self.attempt: Attempt | None = None  # the one the call is at, or was answered by
        self.planned: Planned | None = None
        self.ticket: Ticket | None = None  # its place among the calls in flight
        self.held: list[Settles] = []  # of its attempts and of itself; settled at the latest when it closes
        self.assumed: Sheet | None = None  # prices where none is known
        self.usage: Usage | None = None  # as it is billed

    def at(self, attempt: Attempt, planned: Planned) -> None:
        """The call is at this attempt from now on."""
        self.attempt, self.planned = attempt, planned
        exchange, provider = self.exchange, planned.provider
        exchange.provider, exchange.vendor = provider.name, provider.vendor.slug
        exchange.model, exchange.wire = planned.target.model, planned.wire.name
        exchange.token = attempt.token

    def charge(self, attempt: Attempt, planned: Planned, usage: Usage) -> dict[str, int]:
        """Books usage and its cost on an attempt; gives the prices that were applied."""
        if usage.input > MOST_UNITS or usage.output > MOST_UNITS:
            usage = _sane(usage)
        attempt.input, attempt.output = usage.input, usage.output
        attempt.cached_input, attempt.cache_write_input = usage.cached_input, usage.cache_write_input
        attempt.reasoning = usage.reasoning
        attempt.input_audio, attempt.output_audio = usage.input_audio, usage.output_audio
        cost = self._cost(planned, usage)
        if cost.nano is None and attempt.hold_nano:  # a unit without a price is no free one
            cost = Cost(attempt.hold_nano, "hold")
        attempt.cost_nano, attempt.cost_basis = cost.nano, cost.basis
        return cost.unit_prices

    def estimated(self) -> Usage:
        """What a vendor was asked, where it told nothing."""
        return Usage(input=_units(self.request_size))

    def elapsed_us(self) -> int:
        return (time.perf_counter_ns() - self.started) // 1000

    def note(self, usage: Usage | None, output_chars: int) -> None:
        """Progress of a stream, at most once a second: what a crash would be settled at."""
        now = time.perf_counter_ns()
        if now - self.noted_at < 1_000_000_000:
            return
        self.noted_at = now
        self._book_usage(usage, output_chars)
        self._price()
        self.journal.note(self.exchange)

    def another(self) -> None:
        """One more attempt begins: a crash would be settled with those before it."""
        self._price()
        self.journal.note(self.exchange)

    def done(self, usage: Usage | None, *, output_chars: int, finish: Finish | None) -> None:
        if self.closed:
            return
        self._book_usage(usage, output_chars, whole=True)
        self.exchange.finish = finish.value if finish else ""
        self._close("done", 200)

    def replayed(self) -> None:
        """An answer that was kept: nobody is paid for it."""
        if self.closed:
            return
        self._close("done", 200)

    def failed(self, error: SwitchboardError, *, usage: Usage | None = None, output_chars: int = 0) -> None:
        """``usage`` is what came before the failure: the vendor bills it."""
        if self.closed:
            return
        if usage is not None or output_chars:
            self._book_usage(usage, output_chars)
        self.exchange.error_code = error.code
        self.exchange.error_message = error.message
        self._close("failed", error.status)

    def cancelled(self, usage: Usage | None = None, *, output_chars: int = 0) -> None:
        """The app left. Between two attempts nobody was working for it."""
        if self.closed:
            return
        if self.attempt is not None and self.attempt.error == "":
            self._book_usage(usage, output_chars)
        self._close("cancelled", 499)

    def _book_usage(self, usage: Usage | None, output_chars: int, *, whole: bool = False) -> None:
        """The vendor's figures; where there are none, or the reply was cut before its last figure came, an estimate."""
        exchange = self.exchange
        if usage is not None:
            if usage.input > MOST_UNITS or usage.output > MOST_UNITS:
                usage = _sane(usage)
            exchange.input = usage.input
            exchange.output = usage.output
            exchange.cached_input = usage.cached_input
            exchange.cache_write_input = usage.cache_write_input
            exchange.reasoning = usage.reasoning
            exchange.input_audio = usage.input_audio
            exchange.output_audio = usage.output_audio
            exchange.usage_basis = UsageBasis.VENDOR.value
            self.usage = usage
            if whole or _units(output_chars) <= usage.output:
                return
        exchange.input = exchange.input or _units(self.request_size)
        exchange.output = max(exchange.output, _units(output_chars))
        exchange.usage_basis = UsageBasis.ESTIMATED.value
        # a sum that the vendor told before the end is not the whole
        self.usage = replace(usage or Usage(), input=exchange.input, output=exchange.output, cost_usd=None)

    def _close(self, ended_by: str, status: int) -> None:
        self.closed = True
        if self.ticket is not None:
            self.ticket.leave()
        exchange = self.exchange
        exchange.ended_by = ended_by
        exchange.status = status
        exchange.latency_us = self.elapsed_us()
        self._price()
        for held in self.held:
            held.settle()
        if self.outgoing is not None:
            cost = self.attempt.cost_nano if self.attempt is not None else None
            self.outgoing.closing(exchange, cost_nano=cost, usage=self.usage)
        if self.content is not None:
            exchange.content = self.content.sealed()
        self.journal.close(exchange)
        exchange_closed.tell(exchange)

    def _price(self) -> None:
        """The cost of all attempts together; unknown as soon as that of one is."""
        exchange, attempts = self.exchange, self.exchange.attempts
        if not attempts and exchange.cache:  # however it ended: nobody is paid for an answer that was kept
            exchange.cost_nano, exchange.cost_basis = 0, "cache"
            return
        if self.usage is not None and self.attempt is not None and self.planned is not None:
            exchange.unit_prices = self.charge(self.attempt, self.planned, self.usage)
        billed = [one for one in attempts if one.cost_basis]
        costs = [one.cost_nano for one in billed if one.cost_nano is not None]
        known = bool(billed) and len(costs) == len(billed)  # said anew each time: a stream was priced on its way
        exchange.cost_nano = sum(costs) if known else None
        exchange.cost_basis = billed[-1].cost_basis if known else "unknown"

    def _cost(self, planned: Planned, usage: Usage) -> Cost:
        try:
            cost = planned.provider.prices_of(planned.target.model).cost(usage, self.exchange.started_at)
            if cost.nano is None and self.assumed is not None:
                cost = self.assumed.cost(counts_of(usage), usage.input)
            return cost
        except Exception:
            log.exception("the price of exchange %s could not be told", self.exchange.id)
            return UNKNOWN


def _sane(usage: Usage) -> Usage:
    """No reply has that many units: a vendor's nonsense must not overflow the sums of a year."""
    counts = ("input", "output", "cached_input", "cache_write_input", "reasoning", "input_audio", "output_audio")
    return replace(usage, **{name: min(getattr(usage, name), MOST_UNITS) for name in counts})


def _units(characters: int) -> int:
    """An estimate, rounded up: something is never counted as nothing."""
    return -(-characters // CHARS_PER_UNIT)
