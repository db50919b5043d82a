"""Whether a line's two sides agree, for people and for the database's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Abs, Cast, Coalesce, Greatest

from monitoring.models import ReconciliationLine

MEASURES = ("requests", "input", "output", "nano")
ORDER = ("-off_nano", "-off_units", "-off_requests", "-day", "token", "model")
EQUAL, DIFFERS, ONLY_THEIRS, ONLY_OURS = "equal", "differs", "only theirs", "only ours"
UNTOLD = "not told"


class Pair(NamedTuple):
    """``theirs`` ``None``: the export does not tell it in this line."""

    theirs: int | None
    ours: int

    @property
    def difference(self) -> int | None:
        """What they say more than we do."""
        return None if self.theirs is None else self.theirs - self.ours

    def equal(self, share: float, floor: int = 0) -> bool:
        """Within ``share`` of the larger side, or ``floor``."""
        if self.theirs is None:
            return True
        off = abs(self.theirs - self.ours)
        return off <= floor or off <= share * max(abs(self.theirs), abs(self.ours))


def pairs(line: ReconciliationLine) -> dict[str, Pair]:
    return {name: Pair(getattr(line, f"theirs_{name}"), getattr(line, f"ours_{name}")) for name in MEASURES}


def verdict(found: Mapping[str, Pair], share: float, rounding: int) -> str:
    """In a word. ``rounding``: nano-dollars by which costs may be off because the vendor rounds."""
    told = [one for one in found.values() if one.theirs is not None]
    if not told:
        return UNTOLD
    if all(one.equal(share, rounding if name == "nano" else 0) for name, one in found.items()):
        return EQUAL
    if not any(one.theirs for one in told):
        return ONLY_OURS
    if not any(one.ours for one in found.values()):
        return ONLY_THEIRS
    return DIFFERS


def by_difference(lines: QuerySet[ReconciliationLine]) -> QuerySet[ReconciliationLine]:
    """The largest difference in money first, then in units, then in requests."""
    off = {
        f"off_{name}": Abs(Coalesce(F(f"theirs_{name}"), F(f"ours_{name}")) - F(f"ours_{name}")) for name in MEASURES
    }
    found = lines.annotate(**off).annotate(off_units=F("off_input") + F("off_output"))
    return found.order_by(*ORDER)


def differing(lines: QuerySet[ReconciliationLine], share: float, rounding: int) -> QuerySet[ReconciliationLine]:
    """Without those that are equal."""
    wanted = Q()
    facts: dict[str, Any] = {}
    for name in MEASURES:
        theirs, ours = F(f"theirs_{name}"), F(f"ours_{name}")
        facts[f"gap_{name}"] = Abs(theirs - ours)
        larger = Cast(Greatest(Coalesce(theirs, Value(0, BigIntegerField())), ours), FloatField())
        facts[f"may_{name}"] = larger * Value(share)
        floor = rounding if name == "nano" else 0
        wanted |= Q(**{f"gap_{name}__gt": F(f"may_{name}")}) & Q(**{f"gap_{name}__gt": floor})
    return lines.annotate(**facts).filter(wanted)


def counted(lines: QuerySet[ReconciliationLine], share: float, rounding: int) -> tuple[int, int]:
    """How many are equal, and how many are not."""
    every = lines.count()
    off = differing(lines, share, rounding).count()
    return every - off, off


__all__ = ["EQUAL", "MEASURES", "Pair", "by_difference", "counted", "differing", "pairs", "verdict"]
