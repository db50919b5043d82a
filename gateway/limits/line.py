"""One connection to Redis of the limiter's own: a batch of script calls out, its answers in, in one round trip.

It stands below redis-py's commands, which cost more time than the trip itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

CONNECT_SECONDS = 1.0
GRACE_SECONDS = 0.03  # where this process itself was held up, the answer has come and is only to be read

Command = tuple[str | bytes | int, ...]


class Away(Exception):
    """Redis cannot be asked now; the message says why."""


class Line:
    """Not for two tasks at once. Every method but ``close`` raises ``Away``, and the connection is closed then."""

    def __init__(self, redis: Redis, *, scripts: Sequence[str]) -> None:
        self._redis = redis
        self._scripts = scripts
        self._connection: Any = None

    async def open(self) -> None:
        await self._guarded(self._open(), CONNECT_SECONDS)

    async def ask(self, commands: Sequence[Command], *, seconds: float) -> list[Any]:
        """The answers in order, within so many seconds. An error among them ends the connection: nothing here may be
        one."""
        answers: list[Any] = await self._guarded(self._ask(commands), seconds)
        return answers

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _guarded(self, asking: Any, seconds: float) -> Any:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as limit:
                timer = loop.call_later(seconds, lambda: limit.reschedule(loop.time() + GRACE_SECONDS))
                try:
                    return await asking
                finally:
                    timer.cancel()
        except TimeoutError:
            await self.close()
            raise Away(f"no answer within {seconds:g} s") from None
        except (RedisError, OSError) as error:
            await self.close()
            raise Away(type(error).__name__) from error
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        self._connection = connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        await connection.connect()
        connection.socket_timeout = None  # one time limit for the whole batch is cheaper than one for each answer
        await self._load()

    async def _load(self) -> None:
        _first_error(await self._exchange([("SCRIPT", "LOAD", script) for script in self._scripts]))

    async def _ask(self, commands: Sequence[Command]) -> list[Any]:
        answers = await self._exchange(commands)
        missing = [number for number, one in enumerate(answers) if isinstance(one, NoScriptError)]
        if missing:  # somebody flushed the scripts
            await self._load()
            again = await self._exchange([commands[number] for number in missing])
            for number, one in zip(missing, again, strict=True):
                answers[number] = one
        _first_error(answers)
        return answers

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        if connection is None:
            raise OSError("not connected")
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        answers: list[Any] = []
        for _ in commands:
            try:
                answers.append(await connection.read_response())
            except ResponseError as error:
                answers.append(error)
        return answers


def _first_error(answers: Sequence[Any]) -> None:
    for one in answers:
        if isinstance(one, ResponseError):
            raise one


def digest(script: str) -> str:
    """By which Redis knows a script."""
    return sha1(script.encode()).hexdigest()
