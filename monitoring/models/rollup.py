"""Rollups: sums of the request log by minute, hour and day. Only ``monitoring.rollups`` reads and writes them."""

from __future__ import annotations

from typing import Any

from django.db import models

from monitoring.rollups import columns


class Rollup(models.Model):
    """Sums of the requests that began in one minute, hour or day, of those alike in the dimensions of its ``level``
    (``monitoring.rollups.levels``); the other dimensions are 0 or "". ``at``: when it begins, in minutes since the
    epoch. Bins are ``NULL`` instead of 0, which takes no room."""

    level = models.SmallIntegerField()
    at = models.BigIntegerField()
    team_id = models.BigIntegerField(default=0)
    api_key_id = models.BigIntegerField(default=0)
    provider = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=250, blank=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["level", "at"], name="%(class)s_at"),
            models.Index(
                fields=["api_key_id", "level", "at"], name="%(class)s_key", condition=models.Q(api_key_id__gt=0)
            ),
        ]


class AttemptRollup(models.Model):
    """The same of attempts, by provider and model."""

    at = models.BigIntegerField(db_index=True)
    provider = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=250, blank=True)

    class Meta:
        abstract = True


def _add(model: Any, counts: list[str], sums: list[str], distribution: list[str]) -> None:
    for name in counts:
        model.add_to_class(name, models.IntegerField(default=0))
    for name in sums:
        model.add_to_class(name, models.BigIntegerField(default=0))
    for name in distribution:
        model.add_to_class(name, models.IntegerField(null=True))


_add(Rollup, [*columns.COUNTS], [*columns.SUMS], columns.LATENCY + columns.FIRST_BYTE)
_add(AttemptRollup, [*columns.ATTEMPT_COUNTS], [*columns.ATTEMPT_SUMS], columns.DURATION)


class MinuteRollup(Rollup):
    pass


class HourRollup(Rollup):
    pass


class DayRollup(Rollup):
    pass


class AttemptMinute(AttemptRollup):
    pass


class AttemptHour(AttemptRollup):
    pass


class AttemptDay(AttemptRollup):
    pass


class RollupMark(models.Model):
    """A stretch of ``unit`` minutes from ``at`` on whose sums are to be made anew. Written in the transaction that
    changes what is summed; there may be several of one stretch, so that nobody waits for another's."""

    unit = models.SmallIntegerField()  # 1, 60 or 1440
    at = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["unit", "at"], name="rollupmark_at")]


class RollupState(models.Model):
    """How far the rollups are: one row. All but ``rolled_at`` are minutes since the epoch."""

    minutes_from = models.BigIntegerField()  # minutes before it were pruned
    hours_from = models.BigIntegerField()
    log_from = models.BigIntegerField(default=0)  # the request log is no longer whole before it
    marked_from = models.BigIntegerField()  # log rows from it on have been marked; 0: all, the first run is over
    rolled_at = models.DateTimeField(null=True)
