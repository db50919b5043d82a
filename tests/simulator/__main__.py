"""``python -m tests.simulator``: runs the settings and writes the table into ``docs/routing.md``, between its two
markers. Some minutes on two cores."""
# ruff: noqa: T201

from __future__ import annotations

import argparse
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from tests.simulator.comparing import Compared, compared
from tests.simulator.table import BEGIN, END, line, markdown

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "routing.md"
FIRST_SEED = 6000  # those below were looked at while the scores were made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--settings", type=int, default=100)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="only print")
    asked = parser.parse_args()
    found: list[Compared] = []
    with Pool(asked.processes) as pool:
        seeds = range(FIRST_SEED, FIRST_SEED + asked.settings)
        for one in pool.imap(partial(compared, requests=asked.requests), seeds):
            print(line(one), flush=True)
            found.append(one)
    text = markdown(found, requests=asked.requests)
    print(text)
    if not asked.dry:
        write(PAGE, text)


def write(page: Path, text: str) -> None:
    """Puts ``text`` where the last one stands. Raises ``ValueError`` for a page without the markers."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no markers: {BEGIN} … {END}")
    page.write_text(before + text + after)


if __name__ == "__main__":
    main()
