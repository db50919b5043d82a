"""What an answer goes through on its way to the app, in this order: guardrails, then what is stored and what the answer
cache keeps, then the placeholders of what was redacted turn back. Only made for calls that have any of these."""

from __future__ import annotations

from typing import Protocol

from gateway.exchange import Exchange
from gateway.relay.content import Content
from providers.canonical import Usage


class ReplyScreen(Protocol):
    """Guardrails on a reply, in the app's dialect. Raises ``GuardrailBlocked`` and ``GuardrailFailed``."""

    async def whole(self, body: bytes) -> bytes: ...

    async def feed(self, piece: bytes) -> bytes: ...

    async def finish(self) -> bytes: ...


class Restorer(Protocol):
    """Puts what was redacted in the request back into the reply."""

    def whole(self, body: bytes) -> bytes: ...

    def feed(self, piece: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class Keeping(Protocol):
    """Collects an answer for the answer cache. One of ``done`` and ``dropped`` ends it; neither awaits or raises."""

    def add(self, piece: bytes) -> None: ...

    def done(
        self,
        *,
        finish: str,
        cost_nano: int | None,
        provider: str,
        model: str,
        vendor: str,
        wire: str,
        usage: Usage | None,
    ) -> bool:
        """Whether it is kept."""
        ...

    def dropped(self) -> None: ...


class Outgoing:
    """Of one call; ``whole``, or ``piece`` again and again and then ``ending``."""

    __slots__ = ("content", "keeping", "restorer", "screen")

    def __init__(
        self,
        *,
        content: Content | None = None,
        screen: ReplyScreen | None = None,
        keeping: Keeping | None = None,
        restorer: Restorer | None = None,
    ) -> None:
        self.content = content
        self.screen = screen
        self.keeping = keeping
        self.restorer = restorer

    async def whole(self, body: bytes) -> bytes:
        """A whole answer as the app gets it. Raises what a guardrail says."""
        if self.screen is not None:
            body = await self.screen.whole(body)
        self._collect(body)
        return body if self.restorer is None else self.restorer.whole(body)

    async def piece(self, piece: bytes) -> bytes:
        """What may leave now of a stream; the rest is held back. Raises what a guardrail says."""
        if self.screen is not None and piece:
            piece = await self.screen.feed(piece)
        return self._passed(piece)

    async def ending(self, tail: bytes) -> bytes:
        """All that is left, with the stream's own end. Raises what a guardrail says."""
        if self.screen is not None:
            tail = await self.screen.feed(tail) + await self.screen.finish()
        passed = self._passed(tail)
        return passed if self.restorer is None else passed + self.restorer.finish()

    def closing(self, exchange: Exchange, *, cost_nano: int | None, usage: Usage | None) -> None:
        """The call ends, with all its figures. ``cost_nano``: of the attempt that answered."""
        keeping, self.keeping = self.keeping, None
        if keeping is None:
            return
        if exchange.ended_by != "done":
            keeping.dropped()
            return
        kept = keeping.done(
            finish=exchange.finish,
            cost_nano=cost_nano,
            provider=exchange.provider,
            model=exchange.model,
            vendor=exchange.vendor,
            wire=exchange.wire,
            usage=usage,
        )
        if kept:
            exchange.cache = "stored"

    def _passed(self, piece: bytes) -> bytes:
        if not piece:
            return piece
        self._collect(piece)
        return piece if self.restorer is None else self.restorer.feed(piece)

    def _collect(self, piece: bytes) -> None:
        if self.content is not None:
            self.content.add(piece)
        if self.keeping is not None:
            self.keeping.add(piece)
