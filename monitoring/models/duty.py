"""Duty: work of which one process in the cluster is in charge at a time."""

from __future__ import annotations

from django.db import models


class Duty(models.Model):
    """Who does ``name`` until when. Taken and kept by one conditional update (``monitoring.duties``), so that a holder
    that died is followed by another one after at most the time it took."""

    name = models.CharField(primary_key=True, max_length=60)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)  # when its work last came to its end

    def __str__(self) -> str:
        return self.name
