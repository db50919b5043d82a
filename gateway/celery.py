"""The Celery application and its timetable."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")

from django.conf import settings

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
TEST_TOKENS = "providers.tasks.test_all_tokens"


def timetable(test_minutes: float) -> dict[str, dict[str, Any]]:
    """Celery's beat schedule, in seconds since the last run: what was due while nothing ran is made up at the start."""
    table: dict[str, dict[str, Any]] = {
        "refresh-models": {"task": "providers.tasks.refresh_models", "schedule": DAY},
        "prune-config-changes": {"task": "providers.tasks.prune_config_changes", "schedule": DAY},
        "prune-provider-events": {"task": "providers.tasks.prune_provider_events", "schedule": DAY},
        "prune-budgets": {"task": "gateway.tasks.prune_budgets", "schedule": DAY},
        "release-lost-leases": {"task": "gateway.tasks.release_lost_leases", "schedule": HOUR},
        "roll-up": {"task": "monitoring.tasks.roll_up", "schedule": 10.0},
        "prune-rollups": {"task": "monitoring.tasks.prune_rollups", "schedule": DAY},
        "watch-health": {"task": "monitoring.tasks.watch_health", "schedule": 15.0},
        "paid-tests": {"task": "monitoring.tasks.paid_tests", "schedule": MINUTE},
        "judge-answers": {"task": "monitoring.tasks.judge_answers", "schedule": MINUTE},
        "evaluate-alerts": {"task": "monitoring.tasks.evaluate_alerts", "schedule": 30.0},
        "deliver-alerts": {"task": "monitoring.tasks.deliver_alerts", "schedule": 10.0},
        "prune-monitoring": {"task": "monitoring.tasks.prune_monitoring", "schedule": DAY},
        "check-books": {"task": "monitoring.tasks.check_books", "schedule": DAY},
        "prune-request-log": {"task": "monitoring.tasks.prune_request_log", "schedule": DAY},
    }
    if test_minutes:
        table["test-tokens"] = {"task": TEST_TOKENS, "schedule": test_minutes * 60}
    return table


app = Celery("switchboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = timetable(settings.TOKEN_TEST_MINUTES)
app.set_default()  # "current" is a thread's own: without this, tasks sent from other threads go to another broker
app.autodiscover_tasks(["providers", "gateway", "monitoring"])


@beat_init.connect  # type: ignore[untyped-decorator]
def test_tokens_at_start(sender: Any, **_: Any) -> None:
    """Tokens may have died while nothing ran; the schedule alone would find out an hour later."""
    if sender.app is app and settings.TOKEN_TEST_MINUTES:
        app.send_task(TEST_TOKENS)


@worker_ready.connect  # type: ignore[untyped-decorator]
def begin_to_work(**_: Any) -> None:
    working().start()


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def end_work(**_: Any) -> None:
    working().stop()


@cache
def working() -> Any:
    """What of monitoring runs beside the tasks. Imported when the apps are loaded."""
    from monitoring.serving import Working

    return Working()
