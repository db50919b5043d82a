"""A fake vendor, a Switchboard in front of it, and programs that are run against it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import NotBuilt, node_programs, plain, python_programs
from tests.fake_vendor import FakeVendor, in_thread
from tests.server.running import KEY, Server, acme, running

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE = 120  # seconds a program may take


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as started:
        yield started


@pytest.fixture(scope="module")
def server(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Path(tmp_path_factory.mktemp("clients")), **acme(vendor.url)) as started:
        yield started


@dataclass(frozen=True, slots=True)
class Programs:
    """Runs one program of an environment. Its home is a fresh folder, so that nobody's settings are read."""

    folder: Path
    home: Path
    url: str

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        """What it prints. Fails the test with what it says when it fails."""
        environment = {**plain(), "HOME": str(self.home), "SWITCHBOARD_URL": self.url, "SWITCHBOARD_KEY": KEY}
        done = subprocess.run(
            [str(self.folder / command[0]), *command[1:]],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            env={**environment, **(env or {})},
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        return done.stdout

    def told(self, *command: str, env: Mapping[str, str] | None = None) -> Any:
        """The JSON that one of our own small programs prints last."""
        return json.loads(self.run(*command, env=env).strip().splitlines()[-1])


@pytest.fixture
def python(server: Server, tmp_path: Path) -> Programs:
    try:
        return Programs(python_programs(), tmp_path, server.url)
    except NotBuilt as reason:
        pytest.skip(f"the Python programs cannot be built here: {reason}")


@pytest.fixture
def node(server: Server, tmp_path: Path) -> Programs:
    try:
        return Programs(node_programs(), tmp_path, server.url)
    except NotBuilt as reason:
        pytest.skip(f"the Node programs cannot be built here: {reason}")
