"""What a load test measured, as lines that can be quoted: ``pytest -s`` shows them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.chaos.app import App
from tests.chaos.judging import Ending


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the others do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def row(title: str, endings: Iterable[tuple[App, Ending]]) -> str:
    """How calls ended and how long whole ones took."""
    told = list(endings)
    count = Counter(ending for _, ending in told)
    took = [app.ended_at - app.began_at for app, ending in told if ending is Ending.ANSWERED]
    times = f"whole p50 {quantile(took, 0.5) * 1000:.0f} ms, p95 {quantile(took, 0.95) * 1000:.0f} ms"
    words = ", ".join(f"{number} {ending}" for ending, number in sorted(count.items()))
    return f"{title:<28} {len(told):>5} calls: {words}; {times}"


def show(*lines: str) -> None:
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
