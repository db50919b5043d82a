"""Tasks end, also those that lose a cancellation."""

from __future__ import annotations

import asyncio

from gateway.ending import end


async def test_a_task_that_swallows_its_first_cancellation_ends_at_the_second() -> None:
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 1:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(task)
    assert task.cancelled() and swallowed == 2


async def test_what_a_task_raised_is_not_raised_again() -> None:
    async def failing() -> None:
        raise ValueError("at once")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await end(task)
    assert task.done()


async def test_nothing_to_end_is_no_error() -> None:
    await end()
