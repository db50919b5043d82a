"""The end of a call: usage, times, the closing record in the journal, and the word to listeners.

``close`` never awaits and never raises, so it may stand in any ``finally``.
"""

from __future__ import annotations

import logging
import time

from gateway.events import exchange_closed
from gateway.exchange import Exchange
from gateway.ledger import Journal
from gateway.relay.content import Content
from providers.canonical import Finish, Usage, UsageBasis
from providers.errors import SwitchboardError

log = logging.getLogger("switchboard.relay")

CHARS_PER_UNIT = 4  # OpenAI's own rule of thumb for English text; only used where the vendor told nothing


class Settlement:
    """Closes one exchange exactly once, whichever ending comes first."""

    __slots__ = ("closed", "content", "exchange", "journal", "noted_at", "request_size", "started")

    def __init__(self, exchange: Exchange, journal: Journal, *, request_size: int, content: Content | None) -> None:
        self.exchange = exchange
        self.journal = journal
        self.request_size = request_size
        self.content = content
        self.started = time.perf_counter_ns()
        self.noted_at = self.started
        self.closed = False

    def elapsed_us(self) -> int:
        return (time.perf_counter_ns() - self.started) // 1000

    def first_byte(self) -> None:
        if not self.exchange.first_byte_us:
            self.exchange.first_byte_us = self.elapsed_us()

    def note(self, usage: Usage | None, output_chars: int) -> None:
        """Progress of a stream, at most once a second: what a crash would be settled at."""
        now = time.perf_counter_ns()
        if now - self.noted_at < 1_000_000_000:
            return
        self.noted_at = now
        self._book_usage(usage, output_chars)
        exchange = self.exchange
        self.journal.note(
            exchange.id, input=exchange.input, output=exchange.output, first_byte_us=exchange.first_byte_us
        )

    def done(self, usage: Usage | None, *, output_chars: int, finish: Finish | None) -> None:
        self._book_usage(usage, output_chars, whole=True)
        self.exchange.finish = finish.value if finish else ""
        self._close("done", 200)

    def failed(self, error: SwitchboardError, *, usage: Usage | None = None, output_chars: int = 0) -> None:
        """``usage`` is what came before the failure: the vendor bills it."""
        if usage is not None or output_chars:
            self._book_usage(usage, output_chars)
        self.exchange.error_code = error.code
        self.exchange.error_message = error.message
        self._close("failed", error.status)

    def cancelled(self, usage: Usage | None = None, *, output_chars: int = 0) -> None:
        self._book_usage(usage, output_chars)
        self._close("cancelled", 499)

    def _book_usage(self, usage: Usage | None, output_chars: int, *, whole: bool = False) -> None:
        """The vendor's figures; where there are none, or the reply was cut before its last figure came, an estimate."""
        exchange = self.exchange
        if usage is not None:
            exchange.input = usage.input
            exchange.output = usage.output
            exchange.cached_input = usage.cached_input
            exchange.cache_write_input = usage.cache_write_input
            exchange.reasoning = usage.reasoning
            exchange.usage_basis = UsageBasis.VENDOR.value
            if whole or _units(output_chars) <= usage.output:
                return
        exchange.input = exchange.input or _units(self.request_size)
        exchange.output = max(exchange.output, _units(output_chars))
        exchange.usage_basis = UsageBasis.ESTIMATED.value

    def _close(self, ended_by: str, status: int) -> None:
        if self.closed:
            return
        self.closed = True
        exchange = self.exchange
        exchange.ended_by = ended_by
        exchange.status = status
        exchange.latency_us = self.elapsed_us()
        if exchange.attempts:
            last = exchange.attempts[-1]
            last.input, last.output = exchange.input, exchange.output
        if self.content is not None:
            exchange.content = self.content.sealed()
        self.journal.close(exchange)
        exchange_closed.tell(exchange)


def _units(characters: int) -> int:
    """An estimate, rounded up: something is never counted as nothing."""
    return -(-characters // CHARS_PER_UNIT)
