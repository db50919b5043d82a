"""``make bench``: prepares the systems, measures them in rounds, prints the table. Never fails on a figure."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.benchmarks import load, machine, table
from tests.benchmarks.figures import Run
from tests.benchmarks.measuring import Plan, measure
from tests.benchmarks.peers import LiteLLM, Portkey, say
from tests.benchmarks.policies import POLICIES
from tests.benchmarks.processes import NotStarted
from tests.benchmarks.switchboard import Switchboard, Translating
from tests.benchmarks.systems import Bare, Place, System, Unavailable, Upstream

SYSTEMS: tuple[type[System], ...] = (Bare, Switchboard, Translating, *POLICIES, Portkey, LiteLLM)
IN_FLIGHT = (1, 16, 256)


def main(arguments: list[str] | None = None) -> int:
    asked = _arguments(arguments)
    plan = _plan(asked)
    run, pins = _describe(plan)
    if shutil.which("wrk") is None:
        say(load.INSTALL_WRK)
        return 1
    pins.pin_self()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _measure(asked.only, plan=plan, run=run, pinned=pins.measured)
    except KeyboardInterrupt:
        say("Stopped; what was measured so far:")
    except NotStarted as error:
        say(str(error))
        return 1
    _tell(run, markdown=asked.markdown, json=asked.json)
    return 0


def _arguments(given: list[str] | None) -> argparse.Namespace:
    names = ",".join(system.name.lower() for system in SYSTEMS)
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=_positive, default=4, help="of load for each figure (4)")
    parser.add_argument("--rounds", type=_positive, default=3, help="of all systems, one after the other (3)")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s: shows that all works, not how fast")
    parser.add_argument("--only", type=_names, default=None, help=f"some of {names}, comma-separated")
    parser.add_argument(
        "--streams", type=_count, default=1000, help="slow streams held open at once; 0 for none (1000)"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure into FILE")
    return parser.parse_args(given)


def _positive(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 600:
        raise argparse.ArgumentTypeError("a number from 1 to 600 is needed")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 5000:
        raise argparse.ArgumentTypeError("a number from 0 to 5000 is needed")
    return value


def _names(text: str) -> set[str]:
    known = {system.name.lower() for system in SYSTEMS}
    asked = {name.strip().lower() for name in text.split(",")}
    if asked - known:
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(asked - known))}: choose from {', '.join(sorted(known))}")
    return asked


def _plan(asked: argparse.Namespace) -> Plan:
    seconds = 1 if asked.quick else asked.seconds
    return Plan(
        rounds=1 if asked.quick else asked.rounds,
        seconds=seconds,
        longest=10 if asked.quick else max(20, seconds),
        in_flight=IN_FLIGHT,
        held=min(asked.streams, 100) if asked.quick else asked.streams,
    )


def _describe(plan: Plan) -> tuple[Run, machine.Pins]:
    facts, pins = machine.facts(), machine.pins()
    pinning = (
        f"not pinned, {pins.why_not}" if pins.why_not else "measured server on one core, load and upstream on another"
    )
    started = datetime.now(UTC).isoformat(timespec="seconds")
    run = Run(started_at=started, machine=facts, rounds=plan.rounds, seconds=plan.seconds, pinning=pinning)
    files = machine.raise_file_limit()
    if files < 3 * max(plan.held, 256):
        run.faults.append(f"only {files} files may be open here (ulimit -n): with many connections, some will fail")
    return run, pins


def _measure(only: set[str] | None, *, plan: Plan, run: Run, pinned: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, contextlib.ExitStack() as stack:
        systems = list(_prepared(only, run))
        upstream = Upstream()
        for system in (upstream, *systems):
            stack.callback(system.stop)
        upstream.start(Place(upstream="", directory=Path(directory)))
        place = Place(upstream=upstream.url, directory=Path(directory), pinned=pinned)
        measure(systems, upstream=upstream, place=place, plan=plan, run=run)


def _prepared(only: set[str] | None, run: Run) -> Iterator[System]:
    for make in SYSTEMS:
        if only is not None and make.name.lower() not in only:
            continue
        system = make()
        try:
            run.versions[system.name] = system.prepare()
        except Unavailable as reason:
            run.skipped[system.name] = str(reason)
            say(f"{system.name} is skipped: {reason}")
        else:
            yield system


def _tell(run: Run, *, markdown: bool, json: Path | None) -> None:
    print(table.text(run, markdown=markdown))
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1))
        say(f"Every figure is in {json}.")


if __name__ == "__main__":
    sys.exit(main())
