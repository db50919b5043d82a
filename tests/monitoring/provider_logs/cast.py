"""The cast of the provider logs' tests: attempts as they end, and a recorder with topics of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test import override_settings

from gateway.events import Topic
from gateway.exchange import Attempt, Exchange
from monitoring.health.board import State
from monitoring.health.topic import HealthChange
from monitoring.provider_logs import recorder
from monitoring.provider_logs.files import Files
from monitoring.provider_logs.kept import Shared
from monitoring.provider_logs.recorder import Recorder
from providers.happenings import Happening
from tests.monitoring.live_cast import exchange


def attempt(**changes: Any) -> Attempt:
    fields: dict[str, Any] = {
        "provider": "openai",
        "model": "gpt-4o",
        "token": "fp-1234abcd",
        "status": 200,
        "duration_us": 250_000,
        "first_byte_us": 80_000,
    }
    return Attempt(**{**fields, **changes})


def call(*attempts: Attempt, **changes: Any) -> Exchange:
    """One that has just ended."""
    began = time.time_ns() // 1000 - 300_000
    return exchange(attempts=list(attempts) or [attempt()], **{"started_at": began, **changes})


def health(status: str, *, provider: str = "openai") -> HealthChange:
    told = State(
        provider=provider, model="", status=status, since=None, reason="why", signal="traffic", checked_at=None
    )
    return HealthChange(before=None, after=told)


class Told:
    """A recorder that is flushed by hand."""

    def __init__(self, root: Path, *, shared: Shared | None = None, process: str = "web-here-1", **more: Any) -> None:
        kept, largest = more.pop("kept", 5), more.pop("largest", 10_000_000)
        self.closed: Topic[Exchange] = Topic("closed")
        self.changed: Topic[Happening] = Topic("changed")
        self.health: Topic[HealthChange] = Topic("health")
        files = Files(root, process, kept=kept, largest=largest)
        self.recorder = Recorder(files, shared=shared, every=3600, **more)
        self.recorder.start(closed=self.closed, changed=self.changed, health=self.health)


@contextmanager
def recording(root: Path, *, redis_url: str = "", **more: Any) -> Iterator[Told]:
    """As this process's recorder, with Redis or without."""
    made = Told(root, shared=Shared(redis_url) if redis_url else None, **more)
    before, recorder._current = recorder._current, made.recorder
    try:
        with override_settings(REDIS_URL=redis_url):
            yield made
    finally:
        recorder._current = before
        made.recorder.stop()
