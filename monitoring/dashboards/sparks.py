"""Small pictures as SVG paths, 100 wide: a series without axes. What is ``None`` is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 24.0
PAD = 1.5  # so that a thick line is not cut


@dataclass(frozen=True, slots=True)
class Spark:
    """Two paths: the line, and the area below it."""

    line: str
    area: str


def spark(values: Sequence[float | None], *, most: float | None = None) -> Spark | None:
    """``None`` with fewer than two values. ``most``: what reaches the top; else the highest value. A series of zeros
    lies at the bottom."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    top = most or max(known) or 1.0
    step = WIDTH / (len(values) - 1)
    lines, areas = [], []
    for run in _runs(values):
        places = [(at * step, HEIGHT - PAD - (HEIGHT - 2 * PAD) * value / top) for at, value in run]
        if len(places) == 1:  # a lone value is a short stroke
            (x, y), half = places[0], step / 4
            places = [(max(x - half, 0), y), (min(x + half, WIDTH), y)]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        lines.append(f"M{line}")
        areas.append(f"M{places[0][0]:.1f} {HEIGHT:g}L{line}L{places[-1][0]:.1f} {HEIGHT:g}Z")
    return Spark("".join(lines), "".join(areas))


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap, with their places."""
    runs: list[list[tuple[int, float]]] = []
    open_run = False
    for at, value in enumerate(values):
        if value is None:
            open_run = False
            continue
        if not open_run:
            runs.append([])
            open_run = True
        runs[-1].append((at, value))
    return runs
