"""Environments of the real upstreams, apart from the project's own: built once, kept under ``.bench/upstreams``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / ".bench" / "upstreams"
PACKAGES = {"llama_cpp": "llama-cpp-python[server]", "litellm": "litellm[proxy]"}
PATIENCE = 30 * 60  # seconds: llama.cpp is compiled where there is no wheel for this machine


class NotBuilt(Exception):
    """An environment could not be made; the message says why."""


def python_of(name: str) -> Path:
    """The Python of the environment ``name``, built if it is not there. Raises ``NotBuilt``."""
    place = PLACE / name
    python = place / "bin" / "python"
    ready = place / "ready"
    if ready.exists() and python.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    uv = _uv()
    _run([*uv, "venv", "--quiet", "--python", sys.executable, str(place)])
    _run([*uv, "pip", "install", "--quiet", "--python", str(python), PACKAGES[name]])
    ready.touch()
    return python


def _uv() -> list[str]:
    for place in (os.environ.get("UV"), Path(sys.prefix) / "tools" / "bin" / "uv", shutil.which("uv")):
        if place and Path(place).exists():
            return [str(place)]
    raise NotBuilt("uv is needed to build it: run this by make, put uv on PATH or name it with UV")


def _run(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE, env=environment)
    except subprocess.CalledProcessError as error:
        first = (error.stderr or error.stdout or "no output").strip().splitlines()[:1]
        raise NotBuilt(f"{' '.join(command[:3])} failed: {' '.join(first)}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{' '.join(command[:3])}: {type(error).__name__}") from None
