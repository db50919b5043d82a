"""Says at the end how much of the recorded traffic passes, and why the rest does not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.recorded.known import KNOWN
from tests.recorded.placing import place, why_not
from tests.recorded.records import all_records


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    wrong = {name for report in terminalreporter.stats.get("failed", ()) if (name := _record_of(report.nodeid))}
    right = {name for report in terminalreporter.stats.get("passed", ()) if (name := _record_of(report.nodeid))}
    if not right and not wrong:
        return
    known = {id: why for id, why in KNOWN.items() if id in right}
    terminalreporter.section("recorded traffic", sep="-")
    terminalreporter.write_line(f"{len(right - wrong - known.keys())} records pass in all that was replayed of them.")
    for id in sorted(wrong):
        terminalreporter.write_line(f"{id}: wrong, see above")
    for id, why in sorted(known.items()):
        terminalreporter.write_line(f"{id}: {why}")
    for why, count in sorted(Counter(why_not(one) for one in all_records() if place(one) is None).items()):
        terminalreporter.write_line(f"{count} not replayed: {why}")


def _record_of(nodeid: str) -> str:
    """The record a test of ``test_recorded.py`` is about: its parameter, without the app's dialect."""
    if "tests/recorded/test_recorded.py" not in nodeid or "[" not in nodeid:
        return ""
    return nodeid.partition("[")[2].rstrip("]").removesuffix("-openai").removesuffix("-anthropic")
