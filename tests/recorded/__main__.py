"""``python -m tests.recorded [id …]``: replays the records and says how many pass, and what is wrong with the rest."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable

from tests.recorded.placing import place, why_not
from tests.recorded.records import FOLDER, Record, all_records, there
from tests.recorded.replaying import answer_problems
from tests.recorded.requesting import is_asked, request_problems


def main(ids: list[str]) -> int:
    if not there():
        sys.stdout.write(f"There are no records in {FOLDER}; set RECORDED_DIR.\n")
        return 1
    counts, unspoken, wrong = Counter[str](), Counter[str](), 0
    for record in all_records():
        if ids and record.id not in ids:
            continue
        found = place(record)
        if found is None:
            unspoken[why_not(record)] += 1
            continue
        problems = [("answer", one) for one in _tried(answer_problems, record)]
        if is_asked(record):
            problems += [("request", one) for one in _tried(request_problems, record)]
        counts[f"{found.wire} {'wrong' if problems else 'right'}"] += 1
        wrong += bool(problems)
        for kind, problem in problems[:4]:
            sys.stdout.write(f"{record.id} {found.wire} {kind}: {problem[:400]}\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:5} {name}\n")
    for why, count in sorted(unspoken.items()):
        sys.stdout.write(f"{count:5} not replayed: {why}\n")
    return int(wrong > 0)


def _tried(check: Callable[[Record], Iterable[str]], record: Record) -> list[str]:
    try:
        return list(check(record))
    except Exception as error:
        return [f"raised {error!r}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
