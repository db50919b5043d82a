"""Environments of the client programs, apart from the project's own: built once, kept under ``.bench/clients``.

The versions stand here and nowhere else. Node's own too: most of its
programs want a newer one than systems have.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / ".bench" / "clients"
PYTHON = ("openai==3.52.0", "anthropic==2.11.0", "langchain-openai==1.7.3", "llm==0.36")
NODE = ("node@22.23.3", "openai@7.55.0", "@anthropic-ai/sdk@1.11.0", "@anthropic-ai/claude-code@2.1.329")
PATIENCE = 15 * 60  # seconds, for a download
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")


class NotBuilt(Exception):
    """An environment could not be made; the message says why."""


def python_programs() -> Path:
    """The folder with the Python programs, and ``python`` itself. Raises ``NotBuilt``."""
    place = PLACE / "python"
    if not _is_ready(place, PYTHON):
        uv = _uv()
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(place)])
        _run([uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), *PYTHON])
        _make_ready(place, PYTHON)
    return place / "bin"


def node_programs() -> Path:
    """The folder with the Node programs, and ``node`` itself. Raises ``NotBuilt``."""
    place = PLACE / "node"
    if not _is_ready(place, NODE):
        npm = shutil.which("npm")
        if npm is None:
            raise NotBuilt("npm is needed to build it: install Node.js")
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text('{"private": true}')
        _run([npm, "install", "--no-audit", "--no-fund", "--silent", *NODE], cwd=place)
        _make_ready(place, NODE)
    return place / "node_modules" / ".bin"


def _is_ready(place: Path, packages: tuple[str, ...]) -> bool:
    """Whether it was built with these versions. What was built with others is taken away."""
    ready = place / "ready"
    if ready.exists() and ready.read_text().split() == [*packages]:
        return True
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    return False


def _make_ready(place: Path, packages: tuple[str, ...]) -> None:
    (place / "ready").write_text("\n".join(packages))


def _uv() -> str:
    for place in (os.environ.get("UV"), Path(sys.prefix) / "tools" / "bin" / "uv", shutil.which("uv")):
        if place and Path(place).exists():
            return str(place)
    raise NotBuilt("uv is needed to build it: run this by make, put uv on PATH or name it with UV")


def _run(command: list[str], *, cwd: Path | None = None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE, env=environment, cwd=cwd)
    except subprocess.CalledProcessError as error:
        told = (error.stderr or error.stdout or "no output").strip().splitlines()
        raise NotBuilt(f"{Path(command[0]).name} {command[1]} failed: {' '.join(told[-2:])[:300]}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{Path(command[0]).name} {command[1]}: {type(error).__name__}") from None


def plain() -> dict[str, str]:
    """The environment without anybody's keys."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}
