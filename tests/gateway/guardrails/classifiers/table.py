"""What the lexicon finds of the labelled set: ``python -m tests.gateway.guardrails.classifiers.table`` prints it and
writes it into docs/moderation.md."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gateway.guardrails.classifiers.lexicon import lexicon

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[4] / "docs" / "moderation.md"
BEGIN, END = "<!-- lexicon table: begin -->", "<!-- lexicon table: end -->"
THRESHOLD = 0.7
SAFE = "safe"


class Case(NamedTuple):
    """``held_out``: written after the lexicon, and no pattern was ever changed because of it."""

    language: str
    label: str
    text: str
    held_out: bool

    @property
    def unsafe(self) -> bool:
        return self.label != SAFE


class Judged(NamedTuple):
    case: Case
    refused: bool


class Score(NamedTuple):
    cases: int
    hits: int  # unsafe and refused
    missed: int
    alarms: int  # safe and refused

    @property
    def precision(self) -> float | None:
        return self.hits / (self.hits + self.alarms) if self.hits + self.alarms else None

    @property
    def recall(self) -> float | None:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else None


@cache
def cases() -> tuple[Case, ...]:
    """The tuning set, then the held-out one: a third of all."""
    return (*_read("tuning.tsv", held_out=False), *_read("held_out.tsv", held_out=True))


def _read(name: str, *, held_out: bool) -> tuple[Case, ...]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return tuple(Case(*line.split("\t"), held_out) for line in lines if line)


@cache
def judged() -> tuple[Judged, ...]:
    return tuple(Judged(one, lexicon().judged(one.text).safety < THRESHOLD) for one in cases())


def score(wanted: Callable[[Case], bool] = lambda _: True) -> Score:
    kept = [one for one in judged() if wanted(one.case)]
    return Score(
        len(kept),
        sum(one.case.unsafe and one.refused for one in kept),
        sum(one.case.unsafe and not one.refused for one in kept),
        sum(not one.case.unsafe and one.refused for one in kept),
    )


def table() -> str:
    """Markdown. Precision by category is left out: a safe text has no category to be wrong in."""
    lines = ["| cases | tuned on | precision | recall | held out | precision | recall |", "|" + " --- |" * 7]
    lines.append(_row("**all**", lambda _: True))
    for language in _each(one.language for one in cases()):
        lines.append(_row(f"language `{language}`", lambda one, at=language: one.language == at))  # type: ignore[misc]
    for label in _each(one.label for one in cases() if one.unsafe):
        lines.append(_row(label, lambda one, at=label: one.label == at, precision=False))  # type: ignore[misc]
    return "\n".join(lines)


def _each(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _row(name: str, wanted: Callable[[Case], bool], *, precision: bool = True) -> str:
    cells = [name]
    for part in _halves(wanted):
        cells += [str(part.cases), _percent(part.precision) if precision else "–", _percent(part.recall)]
    return f"| {' | '.join(cells)} |"


def _halves(wanted: Callable[[Case], bool]) -> tuple[Score, Score]:
    return (
        score(lambda one: not one.held_out and wanted(one)),
        score(lambda one: one.held_out and wanted(one)),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def written(page: str) -> str:
    """The page with the table between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def wrong(*, held_out: bool) -> list[str]:
    """What was judged wrongly. Whoever tunes looks at the tuning set only."""
    return [
        f"{'missed' if one.case.unsafe else 'alarm '} {one.case.language} {one.case.label:14} {one.case.text}"
        for one in judged()
        if one.case.held_out == held_out and one.case.unsafe != one.refused
    ]


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
    if "--wrong" in sys.argv:
        sys.stdout.write("\n".join([*wrong(held_out=False), ""]))
    else:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
