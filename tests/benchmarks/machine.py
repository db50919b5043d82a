"""The machine: which cores the measured and the measuring side get, and what the table says about it."""

from __future__ import annotations

import os
import platform
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec


class Facts(msgspec.Struct, frozen=True):
    cpu: str
    cores: int
    memory_gb: int
    system: str
    python: str

    def __str__(self) -> str:
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"{self.cpu}, {cores}, {self.memory_gb} GB, {self.system}, Python {self.python}"


@dataclass(frozen=True, kw_only=True)
class Pins:
    """What to put before a command so that it runs on one core; nothing, and ``why_not`` says why, if it cannot be."""

    measured: list[str]
    load_core: int | None = None
    why_not: str = ""

    def pin_self(self) -> None:
        """Us and what we start from here on: the load, the upstream, the viewer."""
        if self.load_core is not None:
            os.sched_setaffinity(0, {self.load_core})


def facts() -> Facts:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Facts(
        cpu=_cpu_model(),
        cores=len(_cores()),
        memory_gb=round(memory / 2**30),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
    )


def pins() -> Pins:
    cores = _cores()
    if shutil.which("taskset") is None:
        return Pins(measured=[], why_not="taskset is not on the PATH (Debian, Ubuntu: apt install util-linux)")
    if len(cores) < 2:
        return Pins(measured=[], why_not="only one core: the load and the measured server share it")
    return Pins(measured=["taskset", "-c", str(cores[0])], load_core=cores[1])


def raise_file_limit(wanted: int = 20_000) -> int:
    """Lets us and our children open up to ``wanted`` files; returns how many it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
