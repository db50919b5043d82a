"""Ends tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 0.2


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancels, and cancels again until all have ended. One ``cancel`` may be lost: ``asyncio.wait_for`` of Python 3.11,
    which redis sends with, swallows it when what it waits for is done at the same moment. Never raises what they
    raised."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()  # seen: asyncio need not report it
