"""The records: where they lie and what one holds."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("RECORDED_DIR") or Path(__file__).parents[2].parent / "shared" / "recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One interaction. ``body`` is the vendor's answer as bytes, ``asked`` the request as it went to the vendor."""

    id: str
    vendor: str
    wire: str
    endpoint: str
    path: str
    status: int
    stream: bool
    model: str
    fidelity: str
    asked: Mapping[str, Any] | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    chunks: tuple[int, ...] = field(default=(), repr=False)  # lengths of the pieces it came in, where they were kept

    @property
    def failed(self) -> bool:
        return self.status >= 400


def there() -> bool:
    return FOLDER.is_dir()


@cache
def all_records() -> tuple[Record, ...]:
    return tuple(_read()) if there() else ()


def _read() -> Iterator[Record]:
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            if line.strip():
                yield _record(json.loads(line))


def _framed(objects: bytes) -> bytes:
    """What an SDK made of a stream, one object a line, as the stream it was."""
    return b"".join(b"data: " + line + b"\n\n" for line in objects.splitlines() if line) + b"data: [DONE]\n\n"


def _record(row: Mapping[str, Any]) -> Record:
    text = row["response_body"] or ""
    whole = base64.b64decode(text) if row["response_body_encoding"] == "base64" else text.encode()
    if row["fidelity"] == "sdk-object" and row["stream"]:
        whole = _framed(whole)
    asked = row["request_body"]
    return Record(
        id=row["id"],
        vendor=row["vendor"],
        wire=row["wire"],
        endpoint=row["endpoint"],
        path=row["path"],
        status=row["status"],
        stream=bool(row["stream"]),
        model=str(row.get("model") or (asked or {}).get("model") or "recorded-model"),
        fidelity=row["fidelity"],
        asked=asked if isinstance(asked, dict) else None,
        headers={name.lower(): value for name, value in (row["response_headers"] or {}).items()},
        body=whole,
        chunks=tuple(row.get("response_chunk_lengths") or ()),
    )
