"""What the page of one reconciliation tells: totals, the lines with their differences, what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.paginator import Paginator

from monitoring.books import reconciling, verdicts
from monitoring.books.comparing import ALL
from monitoring.books.verdicts import Pair
from monitoring.models import Reconciliation, ReconciliationLine
from providers.admin.cells import Tone
from providers.models import Token
from providers.pricing.money import usd

PER_PAGE = 100
TONES: dict[str, Tone] = {
    verdicts.EQUAL: "green",
    verdicts.DIFFERS: "red",
    verdicts.ONLY_THEIRS: "red",
    verdicts.ONLY_OURS: "yellow",
    verdicts.UNTOLD: "grey",
}
NAMES = {"nano": "Cost", "requests": "Requests", "input": "Input", "output": "Output"}  # in the order of the page


class Cell(NamedTuple):
    """One measure of a line, in words. ``off``: how much more the vendor says; "" where it says nothing."""

    theirs: str
    ours: str
    off: str
    share: str
    equal: bool


class Row(NamedTuple):
    day: str
    key: str
    model: str
    verdict: str
    tone: Tone
    cells: list[Cell]
    unknown: str


def story(run: Reconciliation, asked: Mapping[str, str]) -> dict[str, Any]:
    """The template's context. ``asked``: ``show=all`` for equal lines too, ``page``."""
    share, rounding = reconciling.tolerance_of(run)
    done = run.mapping.get("state") == reconciling.DONE
    equal, off = verdicts.counted(run.lines.all(), share, rounding) if done else (0, 0)
    every = asked.get("show") == "all" or (done and not off)
    lines = run.lines.all() if every else verdicts.differing(run.lines.all(), share, rounding)
    page = Paginator(verdicts.by_difference(lines), PER_PAGE).get_page(asked.get("page")) if done else None
    names = token_names(run.provider)
    return {
        "run": run,
        "done": done,
        "every": every,
        "equal_count": equal,
        "off_count": off,
        "tolerance": f"{share * 100:g} %",
        "rounding": usd(rounding) if rounding else "",
        "measures": list(NAMES.values()),
        "totals": _totals(run, share, rounding),
        "page": page,
        "rows": [
            _row(line, share, rounding, names, has_costs=run.theirs_nano is not None)
            for line in (page.object_list if page is not None else ())
        ],
        "by_key": run.mapping.get("by_key"),
        "file_keys": run.mapping.get("file_keys", []),
        "tokens": sorted(names.items(), key=lambda pair: pair[1]),
        "problems": run.problems,
    }


def token_names(provider: str) -> dict[str, str]:
    """Fingerprint → what people call the token."""
    rows = Token.objects.filter(provider__name=provider).values_list("fingerprint", "label", "env_name")
    return {fingerprint: label or env_name or fingerprint for fingerprint, label, env_name in rows}


def _row(line: ReconciliationLine, share: float, rounding: int, names: Mapping[str, str], *, has_costs: bool) -> Row:
    found = verdicts.pairs(line)
    word = verdicts.verdict(found, share, rounding)
    costs_alone = ALL in (line.token, line.model)  # what is counted stands in other lines, and the other way round
    told = {**dict.fromkeys(NAMES, not costs_alone), "nano": line.theirs_nano is not None or not has_costs}
    return Row(
        day=f"{line.day:%Y-%m-%d}",
        key=names.get(line.token, line.token),
        model=line.model,
        verdict=word,
        tone=TONES[word],
        cells=[_cell(name, found[name], share, rounding, told=told[name]) for name in NAMES],
        unknown=f"{line.ours_unknown:,} of unknown cost" if line.ours_unknown else "",
    )


def _totals(run: Reconciliation, share: float, rounding: int) -> list[tuple[str, Cell]]:
    sums = run.mapping.get("totals")
    if not sums:
        return []
    found = {name: Pair(sums.get(f"theirs_{name}"), sums.get(f"ours_{name}") or 0) for name in NAMES}
    return [(NAMES[name], _cell(name, one, share, rounding)) for name, one in found.items()]


def _cell(name: str, one: Pair, share: float, rounding: int, *, told: bool = True) -> Cell:
    say = usd if name == "nano" else "{:,}".format
    off = one.difference
    signed = "" if off is None else f"{'+' if off > 0 else ''}{say(off)}"
    part = f"{100 * off / one.ours:+.1f} %" if off and one.ours else ""
    equal = one.equal(share, rounding if name == "nano" else 0)
    return Cell("–" if one.theirs is None else say(one.theirs), say(one.ours) if told else "–", signed, part, equal)
