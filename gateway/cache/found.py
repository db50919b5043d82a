"""An answer from the cache, on its way to the app."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.answer import Headers
from gateway.cache.entry import Entry
from gateway.exchange import Exchange

HEADER = b"x-switchboard-cache"
HIT, SIMILAR, JOINED = "hit", "similar", "joined"


class Found:
    """``how``: hit, similar or joined. ``level``: where it was. ``age``: whole seconds since it was made."""

    __slots__ = ("age", "entry", "how", "level")

    def __init__(self, entry: Entry, *, how: str, level: str, now: float) -> None:
        self.entry = entry
        self.how = how
        self.level = level
        self.age = max(0, int(now - entry.created))

    @property
    def pieces(self) -> Sequence[bytes]:
        return self.entry.pieces

    @property
    def body(self) -> bytes:
        pieces = self.entry.pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def saved_nano(self) -> int | None:
        """What the answer had cost; ``None`` where nobody knows."""
        return self.entry.cost_nano

    def headers(self) -> Headers:
        return ((HEADER, self.how.encode()), (b"age", b"%d" % self.age))

    def book(self, exchange: Exchange) -> None:
        """Whose answer it is, and what it saved. Nobody counts its usage again."""
        entry = self.entry
        exchange.provider, exchange.vendor = entry.provider, entry.vendor
        exchange.model, exchange.wire, exchange.finish = entry.model, entry.wire, entry.finish
        exchange.cache, exchange.saved_nano = self.how, entry.cost_nano
