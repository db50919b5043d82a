"""Answers on the terminal: tables for people, JSON for programs. Nothing else is written to stdout."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 400  # columns in a pipe, whose reader folds nothing
COLOURS = {
    "healthy": "green",
    "done": "green",
    "ok": "green",
    "degraded": "yellow",
    "cooling": "yellow",
    "probation": "yellow",
    "refused": "yellow",
    "cancelled": "yellow",
    "down": "red",
    "failed": "red",
    "suspended": "red",
    "retired": "red",
    "off": "bright_black",
    "disabled": "bright_black",
    "unknown": "bright_black",
}


class Output:
    """``as_json``: objects with the same names as the columns, money and times as they are stored."""

    def __init__(self, stream: TextIO, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._stream = stream
        width = None if stream.isatty() else WIDE
        self.console = Console(file=stream, highlight=False, width=width)

    def rows(self, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], *, empty: str) -> None:
        """``columns``: names in a row, and what stands above them. A row may hold more, which only JSON shows;
        ``empty`` is said where there is none."""
        found = list(rows)
        if self.as_json:
            self._json(found)
            return
        if not found:
            self.say(empty)
            return
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
        for name, title in columns.items():
            numbers = all(isinstance(one.get(name), int | float | None) and one.get(name) is not True for one in found)
            table.add_column(title, justify="right" if numbers else "left", overflow="fold")
        for one in found:
            table.add_row(*(_cell(one.get(name)) for name in columns))
        self.console.print(table)

    def facts(self, facts: Mapping[str, Any], *, titles: Mapping[str, str] | None = None) -> None:
        """One thing, a line a fact."""
        if self.as_json:
            self._json(facts)
            return
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(style="bright_black")
        table.add_column(overflow="fold")
        for name, value in facts.items():
            table.add_row((titles or {}).get(name, name.replace("_", " ")), _cell(value))
        self.console.print(table)

    def line(self, row: Mapping[str, Any], words: Sequence[Any]) -> None:
        """One of many that come one after the other: a JSON object a line, or ``words`` with spaces between."""
        if self.as_json:
            self._stream.write(json.dumps(row, default=_plain) + "\n")
        else:
            self.console.print(Text(" ").join(_cell(word) for word in words))
        self._stream.flush()

    def say(self, text: str, *, style: str = "") -> None:
        """For people only."""
        if not self.as_json:
            self.console.print(Text(text, style=style))

    def result(self, facts: Mapping[str, Any], text: str) -> None:
        """What was done."""
        if self.as_json:
            self._json(facts)
        else:
            self.console.print(Text(text))

    def _json(self, value: Any) -> None:
        self._stream.write(json.dumps(value, indent=2, default=_plain) + "\n")


def _cell(value: Any) -> Text:
    match value:
        case None | "":
            return Text("–", style="bright_black")
        case bool():
            return Text("yes" if value else "no")
        case Text():
            return value
        case datetime():
            return Text(f"{value:%Y-%m-%d %H:%M:%S}")
        case int():
            return Text(f"{value:,}")
        case float():
            return Text(f"{value:,.1f}")
        case list() | tuple() | set() | frozenset():
            return Text(", ".join(map(str, value)) or "–")
        case dict():
            return Text(", ".join(f"{name}: {one}" for name, one in value.items()) or "–")
        case _:
            return Text(_safe(str(value)), style=COLOURS.get(str(value), ""))


def _safe(text: str) -> str:
    """Without what a terminal would obey: names and errors come from apps and vendors."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
