"""Servers as child processes: started on a free port, waited for, stopped by their own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], *, ready: str, log: Path, env: Mapping[str, str] | None = None, within: float = 120
) -> Iterator[None]:
    """Runs ``command``, with ``env`` and little else in its environment, until the block ends, once the URL ``ready``
    answers. Raises ``RuntimeError`` with the end of its log if it dies or is not ready ``within`` seconds."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**_plain(), **(env or {})}, start_new_session=True
        )
    try:
        _wait(process, ready, log, within)
        yield
    finally:
        _stop(process)


def _plain() -> dict[str, str]:
    """The environment without anybody's keys and databases."""
    return {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ
    }


def _wait(process: subprocess.Popen[bytes], ready: str, log: Path, within: float) -> None:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode}: {_end_of(log)}")
        try:
            with urllib.request.urlopen(ready, timeout=2):
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            return  # it answers, which is all that is asked
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"it was not ready within {within:g} s: {_end_of(log)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
