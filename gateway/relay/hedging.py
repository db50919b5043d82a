"""A second target beside a slow first one: the first answer wins, the other is cancelled and booked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from gateway.answer import Answer
from gateway.ending import end
from providers.errors import SwitchboardError

SHORTEST = 0.1  # seconds: what is that fast is not hedged


async def race(first: Awaitable[Answer], second: Callable[[], Awaitable[Answer] | None], *, after: float) -> Answer:
    """``second`` is begun ``after`` seconds without an answer, unless it has nothing to offer then; where the first
    failed before, that is raised. Raises the first's error where both fail. Whoever loses has ended when this returns.
    """
    tasks: list[asyncio.Future[Answer]] = [asyncio.ensure_future(first)]
    try:
        await asyncio.wait(tasks, timeout=max(after, SHORTEST))
        beside = None if tasks[0].done() else second()
        if beside is not None:
            tasks.append(asyncio.ensure_future(beside))
        answer = await _first_of(tasks)
        await end(*(task for task in tasks if not task.done()))
    except BaseException:
        await end(*tasks)
        await _drop(tasks)
        raise
    await _drop(tasks, but=answer)
    return answer


async def _drop(tasks: Iterable[asyncio.Future[Answer]], *, but: Answer | None = None) -> None:
    """Closes the streams that nobody will read: their call was answered, or its app left, in the moment they came."""
    for task in tasks:
        if task.cancelled() or task.exception() is not None or task.result() is but:
            continue
        body = task.result().body
        if not isinstance(body, bytes):
            await body.aclose()


async def _first_of(tasks: list[asyncio.Future[Answer]]) -> Answer:
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        winner = next((task for task in tasks if task in done and task.exception() is None), None)
        if winner is not None:
            return winner.result()
        fatal = next((task for task in done if not isinstance(task.exception(), SwitchboardError)), None)
        if fatal is not None:
            return fatal.result()
    return tasks[0].result()
