"""What is measured: a system is a server that can be started, with the address, headers and model to ask it for.

``bare`` is here; ``switchboard``, ``litellm`` and ``portkey`` have their own modules.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.benchmarks.processes import Server, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH_DIR = ROOT / ".bench"  # the peers' environments, made on demand and kept
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Unavailable(Exception):
    """A system cannot be measured here; the message is the reason for the table."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run happens: the upstream's address, a directory for this run, what pins the measured server."""

    upstream: str
    directory: Path
    pinned: list[str] = field(default_factory=list)


class LogCheck(msgspec.Struct, frozen=True):
    """``rows``: those of requests that ended well; ``lag``: the longest wait for them after a load, in seconds. The
    live log's viewer was sent ``viewer_rows``, told of ``viewer_left_out`` more, and stayed to the end or did not."""

    rows: int
    lag: float
    viewer_rows: int
    viewer_left_out: int
    viewer_stayed: bool


class System:
    """A system to measure. A subclass says how to prepare, start and ask it. ``start`` may be called again after
    ``stop``; each start is a fresh server."""

    name = ""
    model = "gpt-4o-mini"
    slow_model = "slow"
    holds_many = True  # can be asked to hold a thousand streams open
    start_seconds = 30.0

    def __init__(self) -> None:
        self.server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def chat_url(self) -> str:
        return f"{self.url}/v1/chat/completions"

    @property
    def ready_url(self) -> str:
        return self.url

    def prepare(self) -> str:
        """Makes what the start needs and returns the version. Raises ``Unavailable``."""
        return ""

    def command(self, place: Place) -> list[str]:
        raise NotImplementedError

    def environ(self, place: Place) -> Mapping[str, str]:
        return {}

    def headers(self, place: Place) -> Mapping[str, str]:
        return {}

    def start(self, place: Place) -> Server:
        """Raises ``NotStarted``."""
        self.port = free_port()
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.server = Server(
            self.name,
            [*place.pinned, *self.command(place)],
            environ={**passed_on, "NO_PROXY": "127.0.0.1", **self.environ(place)},
            output=place.directory / f"{self.name.lower()}.log",
            cwd=ROOT,
        )
        self.server.wait_until_up(self.ready_url, seconds=self.start_seconds)
        return self.server

    def settle(self, answered: int) -> float:
        """Waits until what ``answered`` requests left to do is done; returns the seconds it took."""
        return 0.0

    def log(self) -> LogCheck | None:
        """What became of its request log, if it has one."""
        return None

    def stop(self) -> None:
        if self.server:
            self.server.stop()
            self.server = None


class Upstream(System):
    """The mock upstream; by itself it shows what the load can do at most, and the latency without a gateway."""

    name = "upstream"
    holds_many = False

    @property
    def ready_url(self) -> str:
        return f"{self.url}/v1/models"

    def command(self, place: Place) -> list[str]:
        return [sys.executable, "-m", "tests.benchmarks.upstream", str(self.port)]


class Bare(System):
    name = "bare"

    def command(self, place: Place) -> list[str]:
        fast = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [sys.executable, "-m", "uvicorn", "tests.benchmarks.bare:app", *address, *fast]

    def environ(self, place: Place) -> Mapping[str, str]:
        return {"BARE_UPSTREAM": place.upstream}

    @property
    def ready_url(self) -> str:
        return f"{self.url}/v1/models"
