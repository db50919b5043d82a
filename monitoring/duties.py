"""One runner per cluster: a duty is held for some seconds by whoever took it first, and falls free when they die."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from gateway.exchange import uuid7
from monitoring.models import Duty

ME = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid7()[-12:]}"


@contextmanager
def duty(name: str, *, seconds: float, holder: str = ME) -> Iterator[bool]:
    """Whether the duty is ours now, for at most ``seconds``; what the block does must be over by then. Given back when
    the block ends. A second holder, also one on another thread of this process, finds it taken.

        with duty("health", seconds=120) as mine:
            if mine: ...
    """
    one = f"{holder}/{uuid7()[-12:]}"
    mine = take(name, seconds=seconds, holder=one)
    try:
        yield mine
        if mine:
            Duty.objects.filter(pk=name, holder=one).update(done_at=timezone.now())
    finally:
        if mine:
            Duty.objects.filter(pk=name, holder=one).update(until=timezone.now())


def take(name: str, *, seconds: float, holder: str) -> bool:
    """Takes a free duty or keeps one that ``holder`` has, for ``seconds`` from now."""
    now = timezone.now()
    until = now + timedelta(seconds=seconds)
    free = Q(until__lte=now) | Q(holder=holder)
    if Duty.objects.filter(free, pk=name).update(holder=holder, until=until):
        return True
    _, made = Duty.objects.get_or_create(pk=name, defaults={"holder": holder, "until": until})
    return made
