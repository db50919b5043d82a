"""The load: ``wrk`` sends one body again and again, for whole replies or for streams, and looks at every answer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks import answers

SCRIPT = Path(__file__).with_name("load.lua")
INSTALL_WRK = "wrk is not on the PATH. Install it (Debian and Ubuntu: apt install wrk)."


class LoadFailed(Exception):
    """The load could not run or the answers were wrong; the message says which."""


class Result(msgspec.Struct, frozen=True):
    """What wrk saw. Times in microseconds; ``wrong``: not 200 or not whole; ``broken``: socket errors; ``late``:
    answers that took longer than the time allowed."""

    answers: int
    duration: int
    p50: int
    p99: int
    bytes: int
    wrong: int
    broken: int
    late: int

    @property
    def per_second(self) -> float:
        return self.answers / self.duration * 1e6

    @property
    def faults(self) -> int:
        return self.wrong + self.broken + self.late


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is asked for: ``name`` is how the table calls it; an answer's last 2,000 bytes must hold
    all of ``endings``, and it must have ``least`` bytes."""

    name: str
    stream: bool
    endings: tuple[str, ...]
    least: int

    def body(self, model: str) -> str:
        """The request as JSON text. Usage in the stream is asked for, as applications that count do."""
        asked = {"model": model, "messages": [{"role": "user", "content": answers.WORDS * 8}], "temperature": 0.7}
        if self.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return msgspec.json.encode(asked).decode()


WHOLE = Kind(name="whole replies", stream=False, endings=('"usage"', answers.WORDS), least=len(answers.TEXT))
STREAMS = Kind(
    name=f"{answers.CHUNKS}-chunk streams",
    stream=True,
    endings=(answers.LAST_WORD, "[DONE]"),
    least=answers.CHUNKS * 100,
)
KINDS = (WHOLE, STREAMS)


def run(
    url: str,
    *,
    headers: Mapping[str, str],
    body: str,
    kind: Kind,
    in_flight: int,
    seconds: int,
    patience: int = 60,
) -> Result:
    """Sends for ``seconds``, ``in_flight`` at a time, and waits at most ``patience`` seconds for one
    answer. Raises ``LoadFailed``."""
    fields = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{in_flight}", f"-d{seconds}s", f"--timeout={patience}s", *fields]
    command += ["-s", str(SCRIPT), url, "--", body, str(kind.least), *kind.endings]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    except FileNotFoundError:
        raise LoadFailed(INSTALL_WRK) from None
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"wrk did not stop {seconds + 30} s after its start.") from None
    return read_output(done.stdout, errors=done.stderr)


def read_output(output: str, *, errors: str = "") -> Result:
    """What ``load.lua`` printed. Raises ``LoadFailed`` with wrk's own words if there is nothing to read, or with the
    first wrong answer if all were wrong."""
    lines = output.splitlines()
    found = next((line for line in lines if line.startswith("RESULT ")), None)
    if found is None:
        raise LoadFailed(f"wrk gave no result: {(errors or output).strip()[-300:]}")
    result = msgspec.json.decode(found.removeprefix("RESULT "), type=Result)
    if result.answers and result.wrong == result.answers:
        sample = next((line.removeprefix("WRONG ") for line in lines if line.startswith("WRONG ")), "")
        raise LoadFailed(f"every answer was wrong: {sample}")
    return result
