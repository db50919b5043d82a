"""``manage.py reload``: reads ``.env`` again without a restart."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from gateway import environment, reloading
from gateway.locks import RunningFile


class Command(BaseCommand):
    help = "Makes the running gateway read .env again. What concerns providers takes effect within a second."

    def handle(self, *args: Any, **options: Any) -> None:
        owner = RunningFile(settings.DATA_DIR).owner()
        if owner and _is_switchboard(owner):
            os.kill(owner, signal.SIGHUP)  # it knows the environment it was started with; this shell does not
            self.stdout.write(f"Process {owner} reads .env again; its log says what changed.")
        else:
            synced = reloading.announce(environment.current())
            self.stdout.write(
                f"Tokens: {synced.made} new, {synced.changed} changed, {synced.removed} gone. "
                "Every process reads its .env again within a second."
            )
        for warning in reloading.warnings():
            self.stderr.write(self.style.WARNING(f"Warning: {warning}"))
        self.stdout.write("Settings other than providers' take effect at the next start.")


def _is_switchboard(pid: int) -> bool:
    """The number in the lock file may come from another container, where it names another program."""
    command_line = Path(f"/proc/{pid}/cmdline")
    if not Path("/proc/self").exists():
        return True
    try:
        return b"manage.py" in command_line.read_bytes()
    except OSError:
        return False
