"""An answer on its way in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from providers.errors import StreamBroken, VendorGarbled
from providers.http.transport import NETWORK_ERRORS
from providers.http.watch import Watch

MAX_REPLY_BYTES = 64 * 1024 * 1024


class Upstream:
    """An answer being received. Read it with ``read`` or ``next``, and always ``close`` it."""

    __slots__ = ("_body", "_close", "_watch", "headers", "provider", "status")

    def __init__(
        self,
        provider: str,
        status: int,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes],
        close: Callable[[], Awaitable[None]],
        watch: Watch,
    ) -> None:
        self.provider = provider
        self.status = status
        self.headers = headers
        self._body = body
        self._close = close
        self._watch = watch

    def adopt(self) -> None:
        """The task that calls this reads on, where another began: its cancellation is what a time limit uses."""
        self._watch.adopt()

    async def next(self) -> bytes | None:
        """The next bytes as they came, ``None`` at the end. Raises ``VendorTimeout`` after the silence limit and
        ``StreamBroken`` if the connection broke."""
        watch = self._watch
        watch.wait()
        try:
            piece = await anext(self._body, None)
        except asyncio.CancelledError as cancelled:
            raise watch.took(cancelled) from None
        except NETWORK_ERRORS as error:
            raise StreamBroken(
                f"{self.provider} broke the connection in the middle of its answer.", vendor_status=self.status
            ) from error
        watch.heard()
        return piece

    async def read(self, limit: int = MAX_REPLY_BYTES) -> bytes:
        """The whole body. Raises as ``next``, and ``VendorGarbled`` for a body over ``limit`` bytes."""
        pieces: list[bytes] = []
        size = 0
        while (piece := await self.next()) is not None:
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise VendorGarbled(
                    f"{self.provider} answered with more than {limit} bytes.", vendor_status=self.status
                )
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def close(self) -> None:
        """Gives the connection back if the body was read to its end, else closes it at once."""
        self._watch.stop()
        await self._close()
