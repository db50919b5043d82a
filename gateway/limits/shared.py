"""Deciding through Redis: calls gather while a batch is under way, and go out together in the next one.

One task has the one connection, so what this process says comes to Redis in order, and a call that is cancelled leaves
no answer unread. Away, Redis is tried again each second, and meanwhile nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from gateway.ending import end
from gateway.limits.compiled import Rule
from gateway.limits.line import GRACE_SECONDS, Away, Command, Line, digest
from gateway.limits.local import Local
from gateway.limits.news import News
from gateway.limits.script import CLOCK, FEED, TAKE, inside_key, window_key

log = logging.getLogger("switchboard.limits")

MOST_IN_BATCH = 100  # calls
ANSWER_SECONDS = 0.15  # a call waits no longer; until the answer comes the limits hold here alone
HANG_SECONDS = 1.0  # Redis is away then
TELL_SECONDS = 0.02  # what calls give back gathers for so long
BEAT_SECONDS = 1.0
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 0.5
COMMANDS_AT_ONCE = 20  # each tells of many changes

Answer = list[int]  # TAKE's


class Ask:
    """One call's question. Its result is what ``decided`` made of Redis' answer; ``None``: Redis is away."""

    __slots__ = ("decided", "result", "rules", "units")

    def __init__(self, rules: Sequence[Rule], units: int, decided: Callable[[Answer], Any]) -> None:
        self.rules = rules
        self.units = units
        self.decided = decided
        self.result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Shared:
    """``process``: unlike any other's name, past ones included."""

    def __init__(
        self, line: Line, local: Local, *, process: str, window_us: int, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self.up = False
        self.processes = 1  # that share the limits, as last seen
        self._line = line
        self._local = local
        self._answer_seconds = answer_seconds
        self.news = News(self._count_inside, wake=self._tell_soon)
        times = (local.ticks.slot_us, window_us // 1000, process)
        self._take_head: Command = ("EVALSHA", digest(TAKE))
        self._feed_head: Command = ("EVALSHA", digest(FEED))
        self._times = times
        self._born: Any = None  # the mark by which Redis' memory is known
        self._asks: list[Ask] = []
        self._asked: list[Ask] = []  # in the batch that is under way
        self._wake = asyncio.Event()
        self._beat_due = self._warned = self._leaving = False
        self._telling: asyncio.TimerHandle | None = None
        self._beating: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when Redis answered, or did not."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._tried.wait()

    async def stop(self) -> None:
        if self._task is None:
            return
        await end(self._task)
        self._task = None
        for timer in (self._telling, self._beating):
            if timer is not None:
                timer.cancel()
        self._without_answer()
        await self._line.close()  # an answer may be unread
        if self.up:
            self.up = False
            await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        self._leaving = True
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._line.open()
                await self._line.ask(self._feed(whole=True), seconds=LEAVE_SECONDS)
        except (Away, TimeoutError):
            pass  # it is missed a few seconds later
        await self._line.close()

    async def ask(self, rules: Sequence[Rule], units: int, decided: Callable[[Answer], Any]) -> Any:
        """What ``decided`` gives, called with Redis' answer as soon as it is there; ``None`` if Redis is away. A caller
        that is cancelled before has to look whether the result came nevertheless: see ``Limiter.take``."""
        ask = Ask(rules, units, decided)
        self._asks.append(ask)
        self._wake.set()
        try:
            return await ask.result
        except asyncio.CancelledError:
            result = ask.result
            if result.done() and not result.cancelled() and hasattr(result.result(), "undo"):
                result.result().undo()
            raise

    async def _run(self) -> None:
        while True:
            try:
                await self._line.open()
                await self._resume()
                await self._serve()
            except Away as error:
                self._gone(str(error))
            except Exception as error:
                log.exception("limits cannot be shared")
                self._gone(type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _resume(self) -> None:
        """Redis is told what it missed: how many are inside, and what was let through without it."""
        before = self.processes
        if not await self._tell_all():
            self.news.tell_alone(self._slot())
        await self._tell_all()
        self.news.told_alone()
        self.processes = max(before, self.processes)  # the others may not have come back yet
        self.up = True
        self.news.tell_alone(self._slot())  # what passed meanwhile
        self.news.told_alone()
        self._tried.set()
        self._beat_later()
        if self._warned:
            self._warned = False
            log.warning("Redis is back: the limits hold over all processes again.")

    async def _tell_all(self) -> bool:
        commands = self._feed(whole=True)
        for start in range(0, len(commands), COMMANDS_AT_ONCE):
            part = commands[start : start + COMMANDS_AT_ONCE]
            answers = await self._line.ask(part, seconds=self._answer_seconds)
        return self._heard(answers[-1])

    def _heard(self, answer: Any) -> bool:
        """What FEED answers; whether Redis has forgotten everything: it is told then what this process let through."""
        self.processes, born = max(1, int(answer[0])), answer[1]
        if born == self._born:
            return False
        self._born = born
        self.news.tell_windows(self._local.windows.items(), self._slot())
        return True

    def _slot(self) -> int:
        return self._local.ticks.now() // self._local.ticks.slot_us

    def _gone(self, reason: str) -> None:
        self._go_on_alone()
        self._tried.set()
        if not self._warned:
            self._warned = True
            log.warning(
                "Redis is away (%s): each process holds the limits alone, at one part in %d of them.",
                *(reason, self.processes),
            )

    def _go_on_alone(self) -> None:
        """Nobody asks from now on, and who has asked does not wait for the answer."""
        self.up = False
        self._without_answer()

    def _without_answer(self) -> None:
        for ask in (*self._asked, *self._asks):
            if not ask.result.done():
                ask.result.set_result(None)
        self._asked, self._asks = [], []

    async def _serve(self) -> None:
        while True:
            if not (self._asks or self._beat_due):
                await self._wake.wait()
            self._wake.clear()
            commands = self._due()
            told = len(commands)
            self._asked, self._asks = self._asks[:MOST_IN_BATCH], self._asks[MOST_IN_BATCH:]
            commands += [self._take(ask) for ask in self._asked]
            if not commands:
                continue
            asked = self._asked
            answers = await self._answers(commands)
            if told:
                self._heard(answers[told - 1])
            for ask, answer in zip(asked, answers[told:], strict=True):
                _answered(ask, answer)
            self._asked = []
            if not self.up:
                await self._resume()

    async def _answers(self, commands: list[Command]) -> list[Any]:
        """Waits longer than the calls do: what comes late is given back, and Redis need not be found anew."""
        self._patience = _timer(self._answer_seconds, self._late)
        try:
            return await self._line.ask(commands, seconds=HANG_SECONDS)
        finally:
            self._patience.cancel()

    def _late(self) -> None:
        """Where this process itself was held up, the answer has come and is only to be read."""
        self._patience = _timer(GRACE_SECONDS, self._go_on_alone)

    def _due(self) -> list[Command]:
        """News first: how many are inside is true before the calls of this batch come in."""
        if self._beat_due:
            self._beat_due = False
            self._beat_later()
            return self._feed(whole=True)
        if self.news and (self._telling is None or self._asks_for_room()):
            return self._feed(whole=False)
        return []

    def _asks_for_room(self) -> bool:
        """Whether a call waits for what another has left, which Redis has to know first."""
        return any(self.news.has_left(rule.id) for ask in self._asks for rule in ask.rules)

    def _take(self, ask: Ask) -> Command:
        keys: list[str] = [CLOCK]
        numbers: list[int] = []
        for rule_id, _, *limits in ask.rules:
            keys += (window_key(rule_id), inside_key(rule_id))
            numbers += [-1 if limit is None else limit for limit in limits]
        return (*self._take_head, len(keys), *keys, *self._times, ask.units, *numbers)

    def _feed(self, *, whole: bool) -> list[Command]:
        tail = (*self._times, secrets.token_hex(8), int(self._leaving))
        return self.news.commands(self._feed_head, tail, whole=whole)

    def _count_inside(self, rule_id: str) -> int:
        window = self._local.windows.get(rule_id)
        return window.inside if window is not None and not self._leaving else 0

    def _tell_soon(self) -> None:
        if self._telling is None and self.up and self._task is not None:
            self._telling = self._task.get_loop().call_later(TELL_SECONDS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._wake.set()

    def _beat_later(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
        self._beating = _timer(BEAT_SECONDS, self._beat)

    def _beat(self) -> None:
        self._beat_due = True
        self._wake.set()


def _timer(seconds: float, then: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, then)


def _answered(ask: Ask, answer: Answer) -> None:
    """A call that was cancelled meanwhile gives back at once what it was given."""
    result = ask.decided(answer)
    if not ask.result.done():
        ask.result.set_result(result)
    elif hasattr(result, "undo"):
        result.undo()
