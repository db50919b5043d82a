"""What of monitoring runs inside a process, and begins and ends with it: for web processes, and for workers."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from gateway import environment
from gateway.readiness import Check, readiness
from gateway.runtime import Runtime
from monitoring.alerts.process import Reporter, alive
from monitoring.live import feed
from monitoring.live import worker as live_worker
from monitoring.metrics import otel
from monitoring.metrics.door import MetricsDoor
from monitoring.models import Duty, ProcessReport
from monitoring.provider_logs import recorder

OFTEN = "rollups"  # a duty that is done every ten seconds
TIMETABLE_SILENT = timedelta(seconds=120)


class Watching:
    """Of a web process; the lifespan starts and stops it, after and before the runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.metrics = MetricsDoor(runtime, token=settings.METRICS_TOKEN)
        self._reporter = Reporter("web")
        self._telemetry: otel.Telemetry | None = None

    async def start(self) -> None:
        readiness.more["workers"] = workers
        await feed.start()
        record("web")
        self.metrics.start()
        self._telemetry = otel.start(lambda: self.runtime.snapshots.current.catalogue, environment.current())
        self.runtime.traces = self._telemetry is not None
        self._reporter.start()

    async def stop(self) -> None:
        await feed.stop()
        await self.metrics.stop()
        await asyncio.to_thread(self._reporter.stop)
        if self._telemetry is not None:
            await asyncio.to_thread(self._telemetry.stop)
        await asyncio.to_thread(recorder.stop)


class Working:
    """Of a process that runs tasks: one of its own, or the server's with the worker in a thread of it."""

    def __init__(self) -> None:
        self._pid = 0
        self._reporter: Reporter | None = None

    def start(self) -> None:
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        record("web" if settings.EMBEDDED else "worker")
        live_worker.start()
        self._reporter = Reporter("worker")
        self._reporter.start()

    def stop(self) -> None:
        if self._reporter is None or self._pid != os.getpid():
            return
        self._reporter.stop()
        self._reporter = None
        live_worker.stop()
        if not settings.EMBEDDED:
            recorder.stop()


def record(role: str) -> None:
    recorder.start(role=role, level=settings.PROVIDER_LOG_LEVEL, files=settings.PROVIDER_LOG_FILES)


async def workers() -> Check:
    """Whether anybody runs tasks, and the timetable sends them: else nothing is tested, delivered or tidied up, while
    calls go on."""
    return await sync_to_async(_workers, thread_sensitive=False)()


def _workers() -> Check:
    now = timezone.now()
    found = [one for one in alive(now) if one.kind == ProcessReport.Kind.WORKER]
    if not found:
        return Check(False, "none reported within a minute: no tests, alerts and figures until one runs")
    last = Duty.objects.filter(pk=OFTEN).values_list("done_at", flat=True).first()
    since = max(filter(None, (last, min(one.started_at for one in found))))
    if now - since > TIMETABLE_SILENT:
        seconds = (now - since).total_seconds()
        return Check(False, f"{len(found)} wait for tasks; the timetable (beat) has sent none for {seconds:.0f} s")
    return Check(True, f"{len(found)} run tasks")
