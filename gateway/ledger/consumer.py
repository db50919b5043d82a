"""What a consumer of the journal is, and how its failures are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db import InterfaceError, OperationalError

from gateway.exchange import Exchange


class Consumer(Protocol):
    """Takes closed exchanges. ``name`` is its mark's file name: lower-case letters and ``_``."""

    name: str

    def take(self, batch: Sequence[Exchange]) -> None:
        """Blocking, called from the consumer's own thread, in batches of up to 1,000; what it returned from is done.
        An exchange may come again, under the same id, and must then change nothing. Whatever it raises, the batch
        comes again. Raise ``ConsumerUnavailable``, ``OSError`` or Django's ``OperationalError`` or ``InterfaceError``
        when nothing can be taken now; anything else may be one record's fault, and is looked into record by record."""


class ConsumerUnavailable(Exception):
    """The consumer cannot take anything now: what it writes to is away."""


def unavailable(error: Exception) -> bool:
    """Whether the failure is an outage, and no record's fault."""
    return isinstance(error, ConsumerUnavailable | OSError | OperationalError | InterfaceError)


def describe(error: BaseException) -> str:
    """The failure for the log: classes and the driver's code, never a message, which may quote a row or an address
    with its password."""
    words: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(words) < 3:
        code = getattr(seen, "sqlstate", None) or getattr(seen, "sqlite_errorname", None)
        code = code or (seen.strerror if isinstance(seen, OSError) else None)
        words.append(f"{type(seen).__name__} {code}" if code else type(seen).__name__)
        seen = seen.__cause__
    return " from ".join(words)
