"""Rolling up what was marked.

Every stretch is one transaction: its marks go, its sums are made anew from what there is, and the coarser stretch it
lies in is marked. So it may die anywhere, and run twice. A sum whose source is gone by now stays as it is: what comes
in after the request log was pruned up to its time is not counted any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.utils import timezone

from monitoring.rollups import marks, state
from monitoring.rollups.building import replace_from_finer, replace_from_log
from monitoring.rollups.grains import GRAINS, Grain, coarser, down, finer

Clock = Callable[[], float]


def roll(*, now: datetime | None = None, seconds: float = 30.0, clock: Clock = time.monotonic) -> bool:
    """Rolls up what was marked before ``now``, the newest first, for ``seconds`` or so. Whether all of it is done."""
    begun = now or timezone.now()
    state.begin(begun)
    end = clock() + seconds
    for grain in GRAINS:
        for at in marks.waiting(grain):
            if clock() > end:
                return False
            redo(grain, at)
    state.set_fields(rolled_at=begun)
    return True


def redo(grain: Grain, at: int) -> None:
    """Makes the sums of one stretch anew."""
    with state.changing() as (cursor, known):
        marks.take(cursor, grain, at)
        if at >= grain.kept_from(known):
            under = finer(grain)
            if under is not None and at >= under.kept_from(known):
                replace_from_finer(cursor, grain, under, at)
            elif at >= known.log_from:
                replace_from_log(connection, cursor, grain, at)
            else:
                return
        over = coarser(grain)
        if over is not None:
            marks.write(cursor, over.unit, [down(at, over.unit)])
