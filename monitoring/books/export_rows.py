"""The rows of an uploaded export, CSV or JSON, one by one: each a mapping of folded column names to texts."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from monitoring.books.export_shapes import fold

MOST_BYTES = 50 * 1024 * 1024
MOST_COLUMNS = 500
DELIMITERS = ",;\t|"
HEAD_ROWS = 5  # among which the head of a table is: a title may stand above it
_PIECE = 1 << 20
_DEPTH = 5
_LISTS = ("data", "results", "result")  # what pages and buckets keep their rows in


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row, or why there is none. ``number``: of its line in CSV, of the row in JSON, from 1."""

    number: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """``comma``: its decimal sign is a comma, as in exports whose delimiter is ``;``. Close ``rows`` when done."""

    rows: Generator[Found, None, None]
    comma: bool = False
    headed: bool = False  # the first rows may be its head: CSV


def table(file: BinaryIO) -> Table:
    """The rows of ``file``, which must be seekable; they are read as they are asked for. Raises ``Unreadable``."""
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    if not size:
        raise Unreadable("The file is empty.")
    encoding = _encoding(file)
    file.seek(0)
    begin = file.read(4096).decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    file.seek(0)
    if begin[:1] in ("{", "["):
        return Table(_json(file.read().decode(encoding).lstrip("\ufeff").encode()))
    if "\0" in begin[:64] or begin.startswith(("PK\x03\x04", "%PDF")):
        raise Unreadable("This is neither CSV nor JSON. Spreadsheets and archives are not read; export as CSV.")
    lines = begin.splitlines()[:HEAD_ROWS] or [""]
    delimiter = max(DELIMITERS, key=lambda sign: max(line.count(sign) for line in lines))
    return Table(_csv(file, encoding, delimiter), comma=delimiter == ";", headed=True)


def _encoding(file: BinaryIO) -> str:
    """By its mark; else UTF-8 if all of it is, else Latin-1, in which every byte is a letter."""
    file.seek(0)
    mark = file.read(3)
    if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _csv(file: BinaryIO, encoding: str, delimiter: str) -> Generator[Found, None, None]:
    """Cells under the numbers of their columns: which row is the head is seen by what it says."""
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    try:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Found(reader.line_num, {}, f"it is no CSV: {error}")
                continue
            if any(cell.strip() for cell in cells):
                yield Found(reader.line_num, {str(place): cell for place, cell in enumerate(cells[:MOST_COLUMNS])})
    finally:
        text.detach()  # the upload is closed by its owner


def _json(content: bytes) -> Generator[Found, None, None]:
    """A page, a list of pages, buckets or rows, or one of them a line."""
    number = 0
    for item, problem in _items(content):
        if problem:
            number += 1
            yield Found(number, {}, problem)
            continue
        for cells, wrong in _walk(item, {}, 0):
            number += 1
            yield Found(number, cells, wrong)


def _items(content: bytes) -> Iterator[tuple[bytes, str]]:
    try:
        yield bytes(msgspec.json.decode(content, type=msgspec.Raw)), ""
        return
    except (ValueError, RecursionError) as error:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            raise Unreadable(f"This is not JSON: {str(error)[:200]}.") from None
    for line in lines:
        yield (line, "") if _is_json(line) else (b"", "it is not JSON")


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _walk(item: bytes | msgspec.Raw, inherited: Mapping[str, str], depth: int) -> Iterator[tuple[dict[str, str], str]]:
    """Rows inside ``item``: pages hold buckets, buckets hold rows and pass their times on to them."""
    try:
        if bytes(item).lstrip()[:1] == b"[":
            inside, passed = msgspec.json.decode(item, type=list[msgspec.Raw]), inherited
        else:
            parts = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
            name = next((one for one in _LISTS if bytes(parts.get(one, b"")).lstrip()[:1] == b"["), "")
            if not name or depth >= _DEPTH:
                yield {**inherited, **_flat(_loaded(item))}, ""
                return
            inside = msgspec.json.decode(parts.pop(name), type=list[msgspec.Raw])
            passed = {**inherited, **_flat({key: _loaded(value) for key, value in parts.items()})}
    except (ValueError, RecursionError) as error:
        yield {}, f"it is no row: {str(error)[:100]}"
        return
    for one in inside:
        yield from _walk(one, passed, depth + 1)


def _loaded(item: bytes | msgspec.Raw) -> object:
    """Numbers stay as they are written: a float would round them. Raises ``ValueError``."""
    return json.loads(bytes(item), parse_float=str, parse_int=str, parse_constant=str)


def _flat(value: object, prefix: str = "", depth: int = 0) -> dict[str, str]:
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for name, inside in list(value.items())[:MOST_COLUMNS] if depth < _DEPTH else ():
            found |= _flat(inside, f"{prefix}_{fold(str(name))}" if prefix else fold(str(name)), depth + 1)
        return found
    return {} if value is None or isinstance(value, list) else {prefix: str(value)}
