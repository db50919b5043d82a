"""``manage.py up`` as a process: what an operator sees from the first start to Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

Start = Callable[..., "Up"]


class Up:
    """A process on a port of its own; ``output`` grows in a file."""

    def __init__(self, data_dir: Path, port: int, environ: dict[str, str]) -> None:
        self.port = port
        self._log = data_dir / f"out-{time.monotonic_ns()}.txt"
        cleared = {"DATABASE_URL": "", "REDIS_URL": "", "ENCRYPTION_KEYS": "", "TOKEN_TEST_MINUTES": "0"}
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                env={**os.environ, **cleared, "DATA_DIR": str(data_dir), "PORT": str(port), **environ},
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str]:
        """Waits until the server answers: it listens before it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Up] = []

    def run(*, port: int | None = None, data_dir: Path = tmp_path, **environ: str) -> Up:
        started.append(Up(data_dir, port or free_port(), environ))
        return started[-1]

    yield run
    for up in started:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()


def test_the_first_start_serves_prints_its_secrets_once_and_stops_cleanly(start: Start, tmp_path: Path) -> None:
    first = start()
    first.wait_for("Ctrl-C stops it.")
    assert first.get("/admin/login/")[0] == 200
    key = re.search(r"API key +(sk-sb-\S+)", first.output)
    assert key is not None
    assert re.search(r"Password +\S{12,}", first.output)
    assert first.output.count(f"curl http://127.0.0.1:{first.port}/v1/chat/completions") == 1
    assert '"model": "demo"' in first.output
    assert "Traceback" not in first.output
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("secret_key", "encryption_key")} == {0o600}
    assert first.stop() == 0
    assert first.output.endswith("Stopped.\n")

    second = start()
    second.wait_for("Ctrl-C stops it.")
    assert key[1] not in second.output
    assert "changepassword admin" in second.output
    assert "create_api_key NAME" in second.output
    page = second.get("/admin/login/")[1]
    styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert styles
    assert second.get(styles[0])[0] == 200
    assert second.stop(signal.SIGTERM) == 0


def test_a_port_in_use_is_named_before_anything_else_is_said(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        up = start(port=other.getsockname()[1])
        assert up.process.wait(60) == 1
    assert up.output.startswith("CommandError: PORT=")
    assert len(up.output.splitlines()) == 1
    assert not (tmp_path / "switchboard.sqlite3").exists()


def test_a_second_process_on_the_same_data_and_a_wrong_key_are_refused(start: Start) -> None:
    first = start()
    first.wait_for("Ctrl-C stops it.")
    second = start()
    assert second.process.wait(60) == 1
    assert f"process {first.process.pid}" in second.output
    assert "DATA_DIR" in second.output
    assert first.get("/admin/login/")[0] == 200
    assert first.stop() == 0
    third = start(ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert third.process.wait(60) == 1
    assert "ENCRYPTION_KEYS" in third.output
    assert "Traceback" not in third.output


def test_hang_up_reads_the_file_again(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "env"
    up = start(SWITCHBOARD_ENV_FILE=str(file), OPENAI_TOKEN_1="of-the-shell")
    up.wait_for("Ctrl-C stops it.")
    up.get("/admin/login/")
    file.write_text("DEMO_TOKEN_1=one\nDEMO_TOKEN_2=two\n")
    up.process.send_signal(signal.SIGHUP)
    up.wait_for("2 tokens new, 0 changed, 0 gone")
    file.write_text("DEMO_TOKEN_2=two\n")
    up.process.send_signal(signal.SIGHUP)
    up.wait_for("0 tokens new, 0 changed, 1 gone")
    assert up.stop() == 0


def test_an_unreachable_database_is_named_without_its_password(start: Start) -> None:
    url = f"postgres://user:hushhush@127.0.0.1:{free_port()}/name"
    up = start(DATABASE_URL=url, ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert up.process.wait(60) == 1
    assert "DATABASE_URL" in up.output
    assert "hushhush" not in up.output
    assert "Traceback" not in up.output


@pytest.mark.services
def test_postgresql_without_redis_allows_one_process(start: Start, postgres_url: str, tmp_path: Path) -> None:
    shared = {"DATABASE_URL": postgres_url, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    first = start(**shared)
    first.wait_for("Ctrl-C stops it.")
    assert "No provider is on yet" in first.output
    (tmp_path / "other").mkdir()
    second = start(data_dir=tmp_path / "other", **shared)
    assert second.process.wait(60) == 1
    assert "REDIS_URL" in second.output
    assert first.stop() == 0


@pytest.mark.services
def test_two_processes_that_start_at_once_make_one_admin(
    start: Start, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    shared = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    ups = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        ups.append(start(data_dir=tmp_path / name, **shared))
    for up in ups:
        up.wait_for("Ctrl-C stops it.")
    assert sorted("sk-sb-" in up.output for up in ups) == [False, True]
    assert [up.get("/admin/login/")[0] for up in ups] == [200, 200]
    assert [up.stop() for up in ups] == [0, 0]
