"""Precision and recall of the detectors on the labelled set, by entity and by language, as tables.

``python -m tests.gateway.guardrails.detect.table`` prints them and writes them into docs/guardrails-detectors.md. With
``--misses`` it lists what went wrong in the cases that may be looked at; those held out are never listed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gateway.guardrails.detect import BUILT_IN, Entity, Finding, detect
from tests.gateway.guardrails.detect.labelled import Case, Label, cases

PAGE = Path("docs/guardrails-detectors.md")
BEGIN, END = "<!-- figures: written by tests/gateway/guardrails/detect/table.py -->", "<!-- end of figures -->"
SLACK = 2  # characters a finding may be longer than its label, at either end


class Judged(NamedTuple):
    case: Case
    right: tuple[Label, ...]
    missed: tuple[Label, ...]
    wrong: tuple[Finding, ...]


class Score(NamedTuple):
    """``right`` found, ``missed`` not found, ``wrong`` found where nothing is marked (or not to its end)."""

    right: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def _is(finding: Finding, label: Label) -> bool:
    return (
        finding.entity == label.entity
        and label.start - SLACK <= finding.start <= label.start
        and label.end <= finding.end <= label.end + SLACK
    )


def _judged(case: Case) -> Judged:
    found = detect(case.text, BUILT_IN)
    right = tuple(label for label in case.labels if any(_is(one, label) for one in found))
    missed = tuple(label for label in case.labels if label not in right)
    return Judged(case, right, missed, tuple(one for one in found if not any(_is(one, label) for label in case.labels)))


@cache
def judged() -> tuple[Judged, ...]:
    return tuple(_judged(case) for case in cases())


def score(entity: str | None, among: Iterable[Judged]) -> Score:
    """Of one entity, or of all of them."""
    right: Counter[str] = Counter()
    for one in among:
        right["right"] += sum(entity in (None, label.entity) for label in one.right)
        right["missed"] += sum(entity in (None, label.entity) for label in one.missed)
        right["wrong"] += sum(entity in (None, finding.entity) for finding in one.wrong)
    return Score(right["right"], right["missed"], right["wrong"])


def _of(held_out: bool) -> list[Judged]:
    return [one for one in judged() if one.case.held_out is held_out]


def _row(name: str, entity: str | None, keep: Callable[[Judged], bool]) -> str:
    seen, held = (score(entity, filter(keep, _of(held_out))) for held_out in (False, True))
    cells = [name]
    for one in (seen, held):
        cells += [str(one.right + one.missed), *(f"{part:.2f}" for part in (one.precision, one.recall, one.f1))]
    return "| " + " | ".join(cells) + " |"


def _head(first: str) -> Iterator[str]:
    yield f"| {first} | looked at: marked | precision | recall | F1 | held out: marked | precision | recall | F1 |"
    yield "| --- |" + " ---: |" * 8


def _lines() -> Iterator[str]:
    clean = [one for one in judged() if not one.case.labels]
    alarms = {held_out: [one for one in clean if one.case.held_out is held_out] for held_out in (False, True)}
    yield f"{len(judged())} texts, {sum(len(one.case.labels) for one in judged())} things marked in them."
    yield from (
        f"Of the {len(some)} texts {name} with nothing to find, {sum(bool(one.wrong) for one in some)} raised an alarm."
        for name, some in (("looked at", alarms[False]), ("held out", alarms[True]))
    )
    yield ""
    yield from _head("entity")
    for entity in Entity:
        if entity in BUILT_IN:
            yield _row(entity.value, entity, lambda one: True)
    yield _row("**all**", None, lambda one: True)
    yield ""
    yield from _head("language")
    for language in sorted({one.case.language for one in judged()}):
        yield _row(language, None, lambda one, language=language: one.case.language == language)  # type: ignore[misc]


def table() -> str:
    return "\n".join(_lines())


def written(page: str) -> str:
    """The figures as they stand on the page."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()


def _misses() -> Iterator[str]:
    for one in _of(held_out=False):
        if one.missed or one.wrong:
            missed = [f"{label.entity}:{one.case.text[label.start : label.end]}" for label in one.missed]
            wrong = [f"{found.entity}/{found.kind}:{one.case.text[found.start : found.end]}" for found in one.wrong]
            yield f"{one.case.language}: {one.case.text[:100]!r} missed={missed} wrong={wrong}"


def main() -> None:
    if "--misses" in sys.argv:
        sys.stdout.write("\n".join(_misses()) + "\n")
        return
    sys.stdout.write(table() + "\n")
    if PAGE.exists():
        page = PAGE.read_text()
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
