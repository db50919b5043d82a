"""A list of listeners: how things are told in process without knowing who listens.

A listener must return at once and never raise: one that raises is logged and stops nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger("switchboard.events")
Told = TypeVar("Told")


class Topic(Generic[Told]):
    """A list of listeners for one kind of news."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Callable[[Told], None]] = []

    def subscribe(self, listener: Callable[[Told], None]) -> Callable[[], None]:
        """Adds a listener; calling what is returned takes it away again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, told: Told) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(told)
            except Exception:
                log.exception("a listener of %s failed", self.name)
