"""The files of provider logs: DATA_DIR/logs/<provider>/<process>.jsonl, .1.jsonl, …, the highest number the oldest.

A file is opened for each batch, so that one that somebody took away is made anew. What a crash or a full disk cut is a
line that readers skip.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from monitoring.provider_logs.shape import Entry, decode, encode

LARGEST = 10_000_000  # bytes of one file
KEPT_DAYS = 14  # files of processes that are gone
MOST_PROCESSES = 50  # whose files are kept, for each provider
READ_BYTES = 300_000  # from the end of a file: about a thousand entries
_SAFE = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def directory_name(provider: str) -> str:
    """A provider's directory. Names are small letters, digits and _; whatever is not one shares a directory."""
    return provider if _SAFE.match(provider) else "-other"


def process_name(role: str, host: str, pid: int) -> str:
    return f"{role}-{_UNSAFE.sub('-', host)[:40]}-{pid}"


class Files:
    """One process's. ``kept``: files for each provider, the one being written included; 0 writes none. Every method
    raises ``OSError``."""

    def __init__(self, root: Path, process: str, *, kept: int = 5, largest: int = LARGEST) -> None:
        self.root = root
        self.process = process
        self.kept = kept
        self.largest = largest

    def write(self, provider: str, entries: Sequence[Entry]) -> None:
        """Appends; a full file is put aside first."""
        if not self.kept:
            return
        directory = self.root / directory_name(provider)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(directory, 0)
        data = b"".join(encode(one) + b"\n" for one in entries)
        if _size(path) + len(data) > self.largest:
            self._put_aside(directory)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write_all(file, data)
        finally:
            os.close(file)

    def clear(self, provider: str) -> None:
        """Deletes this process's files of the provider."""
        if self.kept:
            for path in self._own(self.root / directory_name(provider)):
                path.unlink(missing_ok=True)

    def size(self, provider: str) -> int:
        """Bytes of this process's files."""
        return sum(map(_size, self._own(self.root / directory_name(provider))))

    def tidy(self, *, now: float | None = None) -> None:
        """Deletes what other processes left and nobody reads any more."""
        oldest = (time.time() if now is None else now) - KEPT_DAYS * 86_400
        for directory in self._directories():
            left = [path for path in directory.glob("*.jsonl") if _owner(path) != self.process]
            newest = dict.fromkeys(_owner(path) for path in sorted(left, key=_changed, reverse=True))
            known = set(list(newest)[:MOST_PROCESSES])
            for path in left:
                if _changed(path) < oldest or _owner(path) not in known:
                    path.unlink(missing_ok=True)

    def _directories(self) -> list[Path]:
        return [path for path in self.root.iterdir() if path.is_dir()] if self.root.is_dir() else []

    def _own(self, directory: Path) -> list[Path]:
        return [path for path in directory.glob("*.jsonl") if _owner(path) == self.process]

    def _path(self, directory: Path, number: int) -> Path:
        return directory / (f"{self.process}.{number}.jsonl" if number else f"{self.process}.jsonl")

    def _put_aside(self, directory: Path) -> None:
        for path in self._own(directory):
            if _number(path) >= self.kept - 1:
                path.unlink(missing_ok=True)
        for number in range(self.kept - 2, -1, -1):
            path = self._path(directory, number)
            if path.exists():
                path.replace(self._path(directory, number + 1))


def read(root: Path, provider: str, *, most: int) -> list[Entry]:
    """The newest entries of every process's files, for a process that keeps none itself; oldest first. Raises
    ``OSError``."""
    found: list[Entry] = []
    for path in (root / directory_name(provider)).glob("*.jsonl"):
        found += _entries(_end_of(path))
    return sorted((one for one in found if one.provider == provider), key=lambda one: one.id)[-most:]


def delete(root: Path, provider: str) -> None:
    """Of every process. Raises ``OSError``."""
    for path in (root / directory_name(provider)).glob("*.jsonl"):
        path.unlink(missing_ok=True)


def providers(root: Path) -> list[str]:
    """Whose files there are."""
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _entries(lines: Iterable[bytes]) -> Iterable[Entry]:
    for line in lines:
        try:
            yield decode(line)
        except msgspec.MsgspecError:
            continue


def _end_of(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - READ_BYTES))
            return file.read(READ_BYTES).splitlines()
    except FileNotFoundError:  # put aside meanwhile
        return []


def _write_all(file: int, data: bytes) -> None:
    """A disk that is full takes a part: what is left of the line is ended by the next batch's first, and skipped."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _owner(path: Path) -> str:
    return path.name.split(".")[0]


def _number(path: Path) -> int:
    parts = path.name.split(".")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
