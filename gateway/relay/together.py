"""Several requests of one attempt, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Asked = TypeVar("Asked")

MOST_AT_ONCE = 8


async def together(ask: Callable[[Asked], Awaitable[T]], asked: Sequence[Asked]) -> list[T]:
    """The answers in the order of ``asked``. The first error ends them all, and is raised."""
    gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(what: Asked) -> T:
        async with gate:
            return await ask(what)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(what)) for what in asked]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
