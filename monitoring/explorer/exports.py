"""The filtered log as a file, streamed: rows are read some at a time, and never are all of them in memory."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from monitoring.access import Viewer
from monitoring.books.comparison_csv import safe
from monitoring.explorer import query
from monitoring.models import RequestLog

MOST = 1_000_000
COLUMNS = (
    *("id", "started_at", "request_id", "endpoint", "team_id", "team", "api_key_id", "api_key", "requested_model"),
    *("provider", "vendor", "model", "wire", "stream", "status", "ended_by", "finish", "error_code", "error_message"),
    *("input", "output", "cached_input", "cache_write_input", "reasoning", "usage_basis", "cost_usd", "cost_basis"),
    *("saved_usd", "latency_ms", "first_byte_ms", "attempts", "session", "cache", "judged", "tags", "dropped"),
)
_OF_ROW = {
    "cost_usd": "cost_nano",
    "saved_usd": "saved_nano",
    "latency_ms": "latency_us",
    "first_byte_ms": "first_byte_us",
}
_to_json = msgspec.json.Encoder(decimal_format="number").encode


class Export:
    """Texts of one export, in order. ``end`` is told in the last line: how many rows there are, and whether all."""

    def __init__(self, viewer: Viewer, asked: query.LogFilter, *, most: int, now: datetime | None = None) -> None:
        self._bites = query.bites(viewer, asked, most=most + 1, now=now)
        self._most = most
        self.count, self.end, self.complete = 0, "", False

    def csv(self) -> Iterator[str]:
        """Cells that a spreadsheet would run are told as text. The last line is a remark, with # at its beginning."""
        writer = csv.writer(_Echo())
        yield writer.writerow(COLUMNS)
        for rows in self._rows():
            yield "".join(writer.writerow([_cell(value) for value in values(row)]) for row in rows)
        yield writer.writerow([f"# {self.end}"])

    def jsonl(self) -> Iterator[str]:
        """The last line is {"end": "…", "rows": 120, "complete": true}."""
        for rows in self._rows():
            yield "".join(_to_json(dict(zip(COLUMNS, values(row), strict=True))).decode() + "\n" for row in rows)
        yield _to_json({"end": self.end, "rows": self.count, "complete": self.complete}).decode() + "\n"

    def _rows(self) -> Iterator[list[RequestLog]]:
        try:
            for rows in self._bites:
                shown = rows[: self._most - self.count]
                self.count += len(shown)
                if shown:
                    yield shown
                if len(shown) < len(rows):
                    self.end = (
                        f"{self.count:,} rows, the newest ones; there are more: this export ends at {self._most:,}"
                    )
                    return
            self.end, self.complete = f"All {self.count:,} rows", True
        except (query.TooSlow, DatabaseError) as error:
            why = "the rest takes too long to find: narrow the filter"
            if isinstance(error, DatabaseError):
                why = "the database went away"
            self.end = f"{self.count:,} rows; this export is not complete: {why}"


def values(row: RequestLog) -> list[Any]:
    """In the order of ``COLUMNS``."""
    return [_value(row, name) for name in COLUMNS]


def _value(row: RequestLog, name: str) -> Any:
    found = getattr(row, _OF_ROW.get(name, name))
    if name == "id":
        return str(found)
    if name == "started_at":
        return found.isoformat()
    if name == "attempts":
        return len(found)
    if name in ("cost_usd", "saved_usd"):
        return None if found is None else Decimal(found).scaleb(-9)
    return found / 1000 if name in ("latency_ms", "first_byte_ms") else found


def _cell(value: Any) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, list):
        return safe(" ".join(map(str, value)))
    return f"{value:f}" if isinstance(value, Decimal) else value


class _Echo:
    def write(self, text: str) -> str:
        return text


# --- on the server's loop --------------------------------------------------------------------------


async def on_loop(texts: Iterable[str]) -> AsyncIterator[str]:
    """The same texts for a server with an event loop: each is made in a thread, when the one before was taken."""
    making = iter(texts)
    following: Callable[[], Any] = sync_to_async(lambda: next(making, None))
    try:
        while (text := await following()) is not None:
            yield text
    finally:
        await sync_to_async(getattr(making, "close", lambda: None))()
