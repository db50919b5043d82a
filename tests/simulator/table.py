"""The figures of many settings, as Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulator.comparing import POLICIES, Compared, Tally, means, tally
from tests.simulator.judging import MARGIN, Verdict

BEGIN = "<!-- simulation: written by python -m tests.simulator -->"
END = "<!-- end of simulation -->"
KINDS: tuple[tuple[str, Callable[[Compared], bool]], ...] = (
    ("all", lambda _: True),
    ("3 or 4 providers", lambda one: one.providers <= 4),
    ("5 or 6 providers", lambda one: 5 <= one.providers <= 6),
    ("7 or 8 providers", lambda one: one.providers >= 7),
    ("fewer than one bad spell a provider", lambda one: one.spells < one.providers),
    ("one to two", lambda one: one.providers <= one.spells < 2 * one.providers),
    ("two and more", lambda one: one.spells >= 2 * one.providers),
    ("fewer than 4 requests a second", lambda one: one.rate < 4),
    ("4 and more", lambda one: one.rate >= 4),
)


def markdown(found: Sequence[Compared], *, requests: int) -> str:
    total = tally(found)
    first, last = found[0].seed, found[-1].seed
    lines = [
        BEGIN,
        "",
        f"{total.settings} random settings (seeds {first} to {last}), {requests:,} requests each:",
        "",
        *_policies(found),
        "",
        _sentence(total),
        "",
        *_kinds(found),
        "",
        END,
    ]
    return "\n".join(lines)


def _sentence(total: Tally) -> str:
    return (
        f"`auto` is more useful than round robin in {total.beats_round_robin} of {total.settings} settings. Than the "
        f"best single provider it is at least as useful in {total.as_useful}, within a margin of {MARGIN:g} point "
        f"(what one request of a hundred is worth), and without any margin in {total.ahead}: on average by "
        f"{total.mean_ahead:+.1f} points, at worst by {total.worst:+.1f}. Which provider is the best is only known "
        "after the run; `auto` begins each knowing nothing but prices."
    )


def _policies(found: Sequence[Compared]) -> list[str]:
    head = ("", "success", "USD for 1,000 answers", "p95 s", "utility")
    rows = []
    for name, of in POLICIES:
        mean = means(found, of)
        rows.append((name, f"{mean.success:.2%}", f"{mean.cost:.2f}", f"{mean.p95:.1f}", f"{mean.utility:.1f}"))
    return _table(head, rows)


def _kinds(found: Sequence[Compared]) -> list[str]:
    head = ("settings", "number", "as useful as the best single", "ahead of it", "better than round robin")
    rows = []
    for name, fits in KINDS:
        some = [one for one in found if fits(one)]
        if some:
            of = tally(some)
            counts = (of.settings, of.as_useful, of.ahead, of.beats_round_robin)
            rows.append((name, *(str(one) for one in counts)))
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(line) + " |" for line in (head, rule, *rows)]


def line(one: Compared) -> str:
    """A setting in the terminal."""
    return (
        f"{one.seed}: {one.providers} providers, {one.rate:.1f}/s, {one.spells} spells, {one.limited} limited · auto "
        f"{_short(one.auto)} · best single {_short(one.best)} · round robin {_short(one.round_robin)} · "
        f"{one.ahead:+.2f}"
    )


def _short(of: Verdict) -> str:
    return f"{of.success:.2%} ${of.cost:.2f} {of.p95:.1f} s = {of.utility:.1f}"
