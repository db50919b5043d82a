"""What is to be told to one audience at the next tick: a few rows, and a count of those that did not fit."""

from __future__ import annotations

from gateway.exchange import Exchange
from monitoring.live import present
from monitoring.live.events import Event

MOST_ROWS = 50  # rows a message; at ten messages a second more than anyone reads
MOST_ENDS = 200
MOST_EVENTS = 50


class Pending:
    """Keeps the newest rows and counts the rest. Exchanges are held, not copied: telling one costs a dict entry,
    and none is held longer than a tick."""

    def __init__(self, group: str, *, source: str) -> None:
        self.group = group
        self.source = source
        self.seq = 0
        self.left_out = 0
        self._rows: dict[str, Exchange] = {}
        self._ends: dict[str, Exchange] = {}
        self._events: dict[str, Event] = {}
        self._events_left_out = 0

    def add(self, exchange: Exchange) -> None:
        rows = self._rows
        rows[exchange.id] = exchange
        if len(rows) > MOST_ROWS:
            del rows[next(iter(rows))]
            self.left_out += 1

    def add_end(self, exchange: Exchange) -> None:
        """The end of a request that viewers see running goes first: left out, it would seem to run for ever."""
        if len(self._ends) < MOST_ENDS:
            self._ends[exchange.id] = exchange
        else:
            self.add(exchange)

    def add_event(self, event: Event) -> None:
        self._events[event.id] = event
        if len(self._events) > MOST_EVENTS:
            del self._events[next(iter(self._events))]
            self._events_left_out += 1

    def take_events(self) -> str:
        """The next message of events as text, "" if there is nothing to tell."""
        if not self._events:
            return ""
        message = present.EventsMessage(left_out=self._events_left_out, events=list(self._events.values()))
        self._events, self._events_left_out = {}, 0
        return present.text_of(message)

    def take(self) -> str:
        """The next message of rows as text, "" if there is nothing to tell."""
        told = {**self._ends, **self._rows}
        if not told and not self.left_out:
            return ""
        rows = [present.row(exchange) for exchange in told.values()]
        message = present.RowsMessage(
            source=self.source, group=self.group, seq=self.seq, left_out=self.left_out, rows=rows
        )
        self.seq += self.left_out + len(rows)
        self.left_out = 0
        self._rows = {}
        self._ends = {}
        return present.text_of(message)
