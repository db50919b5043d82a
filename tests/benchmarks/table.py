"""The table, as plain text for the terminal or as Markdown for the README, and the lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.benchmarks.figures import Check, Row, Run, added_latency, rows
from tests.benchmarks.open_streams import Held

AGAINST = ("bare", "Portkey", "Switchboard")
UPSTREAM = "upstream"
HEAD = ("", "in flight", "system", "per second", *(f"× {name}" for name in AGAINST), "p50 ms", "p99 ms")
HEAD += ("CPU ms each", "memory MB")
LEFT = 3  # columns of words; the others are figures


def text(run: Run, *, markdown: bool = False) -> str:
    """Title, table and notes. Figures are medians of the rounds."""
    found = rows(run, against=AGAINST)
    title = f"{run.started_at[:10]} · {run.machine}"
    rounds = f"medians of {run.rounds} rounds" if run.rounds > 1 else "one round"
    how = f"{rounds}, {run.seconds} s for each figure; {run.pinning}."
    table = _markdown(found) if markdown else _plain(found)
    mark = "- " if markdown else ""
    notes = [mark + note for note in _notes(run, found)]
    return "\n".join([title, "", how, "", *table, "", *notes]) + "\n"


def _cells(row: Row) -> list[str]:
    shown = row.ratios if row.system != UPSTREAM else {}
    ratios = [_figure(shown[name]) if name in shown else "–" for name in AGAINST]
    times = [_figure(value) if row.per_second else "–" for value in (row.p50, row.p99, row.cpu_ms)]
    return [row.kind, str(row.in_flight), row.system, _figure(row.per_second), *ratios, *times, f"{row.memory:.0f}"]


def _figure(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _lines(found: list[Row]) -> list[list[str]]:
    """The rows' cells; what repeats the row above is left out."""
    lines = []
    last = ("", 0)
    for row in found:
        cells = _cells(row)
        if (row.kind, row.in_flight) == last:
            cells[:2] = ["", ""]
        elif row.kind == last[0]:
            cells[0] = ""
        lines.append(cells)
        last = (row.kind, row.in_flight)
    return lines


def _plain(found: list[Row]) -> list[str]:
    lines = [list(HEAD), *_lines(found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    out: list[str] = []
    for line in lines:
        if line[1] and out:
            out.append("")
        words = [cell.ljust(width) for cell, width in zip(line[:LEFT], widths, strict=False)]
        figures = [cell.rjust(width) for cell, width in zip(line[LEFT:], widths[LEFT:], strict=True)]
        out.append("  ".join([*words, *figures]).rstrip())
    return out


def _markdown(found: list[Row]) -> list[str]:
    rule = ["---"] * LEFT + ["---:"] * (len(HEAD) - LEFT)
    bold = [[f"**{cell}**" if cell == "Switchboard" else cell for cell in line] for line in _lines(found)]
    return ["| " + " | ".join(line) + " |" for line in [list(HEAD), rule, *bold]]


def _notes(run: Run, found: list[Row]) -> Iterator[str]:
    for kind, added in added_latency(found, upstream=UPSTREAM).items():
        figures = ", ".join(f"{name} {_figure(value)} ms" for name, value in added.items())
        if figures:
            yield f"Added latency, {kind}, one in flight, p50: {figures}."
    for name, several in run.held.items():
        yield _held(name, several)
    for check in run.checks:
        yield _check(check)
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items() if version)
    if versions:
        yield f"Versions: {versions}."
    for name, reason in run.skipped.items():
        yield f"{name} was skipped: {reason}."
    yield from run.faults


def _check(check: Check) -> str:
    verdict = "complete" if check.is_complete else "NOT COMPLETE"
    log = check.log
    return (
        f"{check.system}, round {check.round + 1}: {check.answered:,} requests answered, {log.rows:,} rows in its log "
        f"({verdict}: at most {check.cut_off:,} more were under way when a load ended), the last written "
        f"{log.lag:.1f} s after the load at most. Live log: {log.viewer_rows:,} rows shown, "
        f"{log.viewer_left_out:,} left out{'' if log.viewer_stayed else ', VIEWER LOST'}."
    )


def _held(name: str, several: list[Held]) -> str:
    each = median(held.kb_per_stream for held in several)
    one = several[-1]
    before, during, after = (round(value / 2**20) for value in (one.before, one.during, one.after))
    return (
        f"{one.opened:,} streams open at {name}: {each:.0f} KB each ({before} MB before, {during} with them, "
        f"{after} after), {one.threads} threads (before: {one.threads_before}), {one.whole:,} ended whole."
    )
