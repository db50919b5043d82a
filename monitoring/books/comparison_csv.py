"""A comparison as CSV. Spreadsheets run what begins like a formula: names out of a vendor's file are told as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal

from monitoring.books.verdicts import MEASURES, pairs, verdict
from monitoring.models import ReconciliationLine

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = (
    *("day", "key", "model", "verdict"),
    *(f"{side}_{name}" for name in ("requests", "input", "output") for side in ("theirs", "ours", "difference")),
    *("theirs_usd", "ours_usd", "difference_usd", "ours_of_unknown_cost"),
)


class _Echo:
    def write(self, text: str) -> str:
        return text


def rows(lines: Iterable[ReconciliationLine], share: float, rounding: int) -> Iterator[str]:
    """Line by line, the head first."""
    writer = csv.writer(_Echo())
    yield writer.writerow(HEAD)
    for line in lines:
        found = pairs(line)
        cells: list[object] = [
            line.day.isoformat(),
            safe(line.token),
            safe(line.model),
            verdict(found, share, rounding),
        ]
        for name in MEASURES:
            one = found[name]
            values: list[int | None] = [one.theirs, one.ours, one.difference]
            cells += [_usd(value) for value in values] if name == "nano" else [_plain(value) for value in values]
        yield writer.writerow([*cells, line.ours_unknown])


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text


def _plain(value: int | None) -> object:
    return "" if value is None else value


def _usd(nano: int | None) -> object:
    return "" if nano is None else f"{Decimal(nano).scaleb(-9):f}"
