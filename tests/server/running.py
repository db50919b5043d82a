"""Switchboard as its users run it: ``manage.py up`` in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-sb-bootstrap-key-of-the-tests"
PASSWORD = "bootstrap-password-of-the-tests"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One web process. ``environ`` adds to a clean environment."""

    def __init__(self, data_dir: Path, environ: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / f"log-{self.port}.txt"
        self.environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "SWITCHBOARD_ENV_FILE": str(data_dir / "no.env"),
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "BOOTSTRAP_API_KEY": KEY,
            "BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, within: float = 60) -> None:
        """Returns when it answers. Raises ``RuntimeError`` with the end of its log."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environ, stdout=out, stderr=out
            )
        until = time.monotonic() + within
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"it did not start: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, *, within: float = 30) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the SQLite database."""
        with closing(sqlite3.connect(self.data_dir / "switchboard.sqlite3", timeout=20)) as database:
            return database.execute(sql).fetchall()

    def rows_settled(self, count: int, *, within: float = 20) -> int:
        """The number of log rows, once there are ``count`` or the time is over."""
        until = time.monotonic() + within
        while True:
            found = int(self.query("SELECT count(*) FROM monitoring_requestlog")[0][0])  # type: ignore[call-overload]
            if found >= count or time.monotonic() > until:
                return found
            time.sleep(0.1)


@contextmanager
def running(data_dir: Path, **environ: str) -> Iterator[Server]:
    server = Server(data_dir, environ)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()


def acme(url: str, **more: str) -> dict[str, str]:
    """The environment of an OpenAI-compatible provider at ``url`` with one model."""
    return {
        "OPENAI_COMPATIBLE_ENABLED": "1",
        "OPENAI_COMPATIBLE_BASE_URL": url,
        "OPENAI_COMPATIBLE_API_KEY": "upstream-token",
        "CUSTOM_MODEL": "fake-large",
        **more,
    }
