"""A server as a session of processes: started, asked what it used, stopped with all its children. Reads ``/proc``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SESSION, THREADS, RESIDENT = 3, 17, 21  # proc(5), counted from the field that follows the name
CPU_TIMES = slice(11, 15)  # user and system, its own and those of children that have ended

IDLE, LOOK = 0.2, 0.3  # of a core; seconds


class NotStarted(Exception):
    """A server did not come up; the message has the end of its output."""


@dataclass(frozen=True)
class Use:
    """Of all processes of a server: CPU in seconds since their start, resident memory in bytes, threads."""

    cpu: float
    memory: int
    threads: int


class Server:
    """A running command with its children: they share its session, and go with it."""

    def __init__(self, name: str, command: list[str], *, environ: Mapping[str, str], output: Path, cwd: Path) -> None:
        self.name = name
        self.environ = dict(environ)
        self._output = output
        with output.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                env=self.environ,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self, url: str, *, seconds: float) -> None:
        """Until ``url`` answers, whatever it says. Raises ``NotStarted``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise NotStarted(f"{self.name} ended with code {self._process.returncode}:\n{self.last_words()}")
            if _answers(url):
                return
            time.sleep(0.1)
        raise NotStarted(f"{self.name} did not answer at {url} within {seconds:g} s:\n{self.last_words()}")

    def use(self) -> Use:
        fields = list(self._stats())
        ticks = sum(int(value) for one in fields for value in one[CPU_TIMES])
        return Use(
            cpu=ticks / TICK,
            memory=sum(int(one[RESIDENT]) for one in fields) * PAGE,
            threads=sum(int(one[THREADS]) for one in fields),
        )

    def wait_until_idle(self, *, seconds: float) -> None:
        """Until it uses less than ``IDLE`` of a core, or ``seconds`` have gone: some go on with calls whose caller has
        left, and the next load would pay for them."""
        deadline = time.monotonic() + seconds
        used = self.use().cpu
        while time.monotonic() < deadline:
            time.sleep(LOOK)
            before, used = used, self.use().cpu
            if used - before < IDLE * LOOK:
                return

    def stop(self, *, grace: float = 15.0) -> None:
        """Asks, waits, then kills. A second Ctrl-C while it waits kills at once."""
        try:
            if self._process.poll() is None:
                self._process.terminate()
                self._process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
        finally:
            for pid in self._pids():
                _kill(pid)
            self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self._output.read_text(errors="replace").splitlines()[-lines:])

    def _pids(self) -> list[int]:
        return [int(pid) for pid, fields in _all_stats() if int(fields[SESSION]) == self._process.pid]

    def _stats(self) -> Iterator[list[str]]:
        return (fields for _, fields in _all_stats() if int(fields[SESSION]) == self._process.pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _all_stats() -> Iterator[tuple[str, list[str]]]:
    """Each process's id and the fields of its ``/proc/…/stat`` that follow the name."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text()
            except OSError:  # it has just ended
                continue
            yield entry.name, text.rpartition(") ")[2].split()
