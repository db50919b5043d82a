"""Switchboard as a user starts it, all on: keys checked, journal, log rows written, a viewer on the live log."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.processes import Server
from tests.benchmarks.systems import LogCheck, Place, System
from tests.benchmarks.viewer import Viewer

SETTLE_SECONDS = 60.0
QUIET_SECONDS = 0.5
COUNT_ROWS = "SELECT count(*) FROM monitoring_requestlog WHERE ended_by = 'done'"


class Switchboard(System):
    name = "Switchboard"
    slow_model = "openai_compatible/slow"
    start_seconds = 90.0

    def __init__(self) -> None:
        super().__init__()
        self._key = f"sk-sb-{secrets.token_urlsafe(24)}"
        self._password = secrets.token_urlsafe(16)
        self._data: Path | None = None
        self._viewer: Viewer | None = None
        self._longest_lag = 0.0

    @property
    def ready_url(self) -> str:
        return f"{self.url}/healthz"

    def command(self, place: Place) -> list[str]:
        return [sys.executable, "manage.py", "up"]

    def environ(self, place: Place) -> Mapping[str, str]:
        self._data = Path(tempfile.mkdtemp(prefix="switchboard-", dir=place.directory))
        return {
            "SWITCHBOARD_ENV_FILE": str(self._data / "no.env"),  # a developer's own .env has no say here
            "DATA_DIR": str(self._data),
            "PORT": str(self.port),
            "BOOTSTRAP_ADMIN_PASSWORD": self._password,
            "BOOTSTRAP_API_KEY": self._key,
            "DEMO_ENABLED": "1",
            **self.upstream_environ(place),
        }

    def headers(self, place: Place) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    def start(self, place: Place) -> Server:
        server = super().start(place)
        self._longest_lag = 0.0
        self._viewer = Viewer(self.url, user="admin", password=self._password)
        self._viewer.connect()
        return server

    def upstream_environ(self, place: Place) -> Mapping[str, str]:
        """The provider that is called."""
        return {
            "OPENAI_COMPATIBLE_ENABLED": "1",
            "CUSTOM_BASE_URL": f"{place.upstream}/v1",
            "CUSTOM_API_KEY": "sk-unused",
            "CUSTOM_MODEL": self.model,
        }

    def settle(self, answered: int) -> float:
        """Until the log has a row for each answer and grows no more, or ``SETTLE_SECONDS`` have gone."""
        began = last_growth = time.monotonic()
        rows = self._rows()
        while rows < answered or time.monotonic() - last_growth < QUIET_SECONDS:
            time.sleep(0.1)
            now = self._rows()
            if now > rows:
                rows, last_growth = now, time.monotonic()
            if time.monotonic() - began > SETTLE_SECONDS:
                break
        lag = last_growth - began
        self._longest_lag = max(self._longest_lag, lag)
        return lag

    def log(self) -> LogCheck:
        assert self._viewer is not None
        return LogCheck(
            rows=self._rows(),
            lag=self._longest_lag,
            viewer_rows=self._viewer.rows,
            viewer_left_out=self._viewer.left_out,
            viewer_stayed=self._viewer.is_connected,
        )

    def stop(self) -> None:
        if self._viewer:
            self._viewer.close()
            self._viewer = None
        super().stop()

    def _rows(self) -> int:
        assert self._data is not None
        address = f"file:{self._data / 'switchboard.sqlite3'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=5)) as database:
            rows: int = database.execute(COUNT_ROWS).fetchone()[0]
            return rows


class Translating(Switchboard):
    """The same app at an upstream that speaks another protocol: each request, reply and chunk is translated."""

    name = "Translating"
    model = "claude-sonnet-5-5"
    holds_many = False

    def upstream_environ(self, place: Place) -> Mapping[str, str]:
        return {
            "ANTHROPIC_ENABLED": "1",
            "ANTHROPIC_BASE_URL": place.upstream,
            "ANTHROPIC_API_KEY": "sk-ant-unused",
        }
