"""The answer cache keeps answers with their placeholders. Those that stand for what the app asked become its values
again with every hit; one for what the answer itself said would stay a placeholder for whoever gets it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gateway.guardrails.screen import Screen


class Keeping(Protocol):
    def add(self, piece: bytes) -> None: ...

    @property
    def done(self) -> Callable[..., bool]: ...

    def dropped(self) -> None: ...


class KeptIfWhole:
    """Implements ``gateway.relay.outgoing.Keeping`` around another one. Made before the reply comes."""

    def __init__(self, keeping: Keeping, screen: Screen) -> None:
        self._keeping = keeping
        self._screen = screen
        self._restores = screen.restores

    def add(self, piece: bytes) -> None:
        self._keeping.add(piece)

    def done(self, **figures: Any) -> bool:
        """Whether it is kept."""
        if self._screen.restores == self._restores:
            return self._keeping.done(**figures)
        self._keeping.dropped()
        return False

    def dropped(self) -> None:
        self._keeping.dropped()
