"""Handing work to Celery from a button: only ids travel, and a broker that is away is a message, not an error page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

BROKER_AWAY = (
    "Nothing was started: the task broker cannot be reached. Check REDIS_URL and that Redis runs, then try again."
)


def enqueue(request: HttpRequest, task: Any, ids: Iterable[int], *, said: str) -> bool:
    """Starts ``task`` once for each id and tells the user ``said``, or that the broker is away. Returns whether all
    were handed over. Not retried here: a page must not hang on a broker that is gone."""
    try:
        for pk in ids:
            task.apply_async((pk,), retry=False)
    except (OperationalError, RedisError, OSError):
        messages.error(request, BROKER_AWAY)
        return False
    messages.success(request, said)
    return True
