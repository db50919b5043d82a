"""A real process under a real ``kill -9``: what it said it closed is booked once, what was open is interrupted."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from gateway.ledger import Ledger
from tests.gateway.ledger.book import Book
from tests.gateway.ledger.cast import eventually

KILLS = 4


def run_and_kill(root: Path, book: Path, *, after: float) -> list[str]:
    """What the process said before it was killed: lines of ``opened ID`` and ``closed ID``."""
    command = [sys.executable, "-m", "tests.gateway.ledger.book", str(root), str(book)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().decode()
    return said[: said.rfind("\n")].splitlines()  # the last line may be cut


def test_kill_9_loses_no_call_and_doubles_none(tmp_path: Path) -> None:
    root, path = tmp_path / "journal", tmp_path / "book"
    said = [line.split() for kill in range(KILLS) for line in run_and_kill(root, path, after=0.15 + 0.07 * kill)]
    opened = {name for verb, name in said if verb == "opened"}
    closed = {name for verb, name in said if verb == "closed"}
    assert len(closed) > 100 and opened - closed

    ledger = Ledger(root, [Book(path)], gather=0.01, adopt_seconds=0.05)
    ledger.start()
    assert eventually(lambda: len(list(root.iterdir())) == 1)
    assert ledger.stop()

    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT id, ended_by FROM book").fetchall()
    connection.close()
    endings = dict(rows)
    assert not [name for name, count in Counter(name for name, _ in rows).items() if count > 1]
    assert closed <= {name for name, ending in rows if ending == "done"}
    assert opened <= endings.keys()
    # a process may die between a close and saying so, once each; everything else that is open was interrupted
    assert sum(endings[name] == "done" for name in opened - closed) <= KILLS
    assert set(endings.values()) == {"done", "interrupted"}
    assert list(root.iterdir()) == []
