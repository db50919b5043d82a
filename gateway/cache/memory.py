"""The first level: entries in this process, those longest unused go first. On one event loop, without locks."""

from __future__ import annotations

from collections import OrderedDict

from gateway.cache.entry import Entry

LARGEST_SHARE = 8  # an entry may take this part of the whole: one answer must not push out all others


class Memory:
    """``limit``: bytes. Every step takes the same time however much is kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.evicted = 0
        self._entries: OrderedDict[bytes, tuple[Entry, int]] = OrderedDict()

    def get(self, key: bytes, *, now: float) -> Entry | None:
        found = self._entries.get(key)
        if found is None:
            return None
        if found[0].expires <= now:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, entry: Entry) -> bool:
        """Whether it was kept; what was there under its key is gone either way."""
        self.drop(entry.key)
        size = entry.size
        if size * LARGEST_SHARE > self.limit:
            return False
        self._entries[entry.key] = (entry, size)
        self.bytes += size
        self._shrink()
        return True

    def drop(self, key: bytes) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            self.bytes -= found[1]

    def resize(self, limit: int) -> None:
        self.limit = limit
        self._shrink()

    def clear(self, scope: str = "") -> int:
        """Everything, or what is of one scope; says how many."""
        gone = [key for key, (entry, _) in self._entries.items() if not scope or entry.scope == scope]
        for key in gone:
            self.drop(key)
        return len(gone)

    def _shrink(self) -> None:
        while self.bytes > self.limit:
            _, (_, size) = self._entries.popitem(last=False)
            self.bytes -= size
            self.evicted += 1

    def __len__(self) -> int:
        return len(self._entries)
