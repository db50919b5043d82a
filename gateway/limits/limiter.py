"""Limiter: takes a call's share of every limit that holds for it, all or nothing, in this process or through Redis.

Everything here runs on the server's loop. What Redis lets through counts here too, so that the limits hold on from
where they are when Redis goes away: then each process holds its equal part of them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from gateway.errors import LimitExceeded
from gateway.limits.compiled import Rule
from gateway.limits.line import Line
from gateway.limits.local import PARALLEL, Local, Refusal, Ticks
from gateway.limits.refusing import exceeded, too_large
from gateway.limits.script import FEED, TAKE
from gateway.limits.shared import ANSWER_SECONDS, Answer, Shared
from gateway.limits.taken import Taken
from gateway.limits.window import REQUESTS, WINDOW_US

LONGEST_STAY = 60.0  # seconds that a refusal for calls inside may tell


class Limiter:
    """``redis``: ``None`` where this is the only process. ``process`` names it in Redis. ``clock`` gives seconds; it
    may be set. ``window``: seconds, a minute but in tests. ``answer_seconds``: how long a call waits for Redis."""

    def __init__(
        self,
        redis: Redis | None,
        *,
        process: str,
        clock: Callable[[], float] = time.monotonic,
        window: float = WINDOW_US / 1e6,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.shared = redis is not None
        window_us = int(window * 1e6)
        self._local = Local(Ticks(clock, window_us=window_us))
        self._link: Shared | None = None
        if redis is not None:
            line = Line(redis, scripts=(TAKE, FEED))
            name = f"{process}-{secrets.token_hex(4)}"  # what an earlier process of this name left is not its own
            self._link = Shared(line, self._local, process=name, window_us=window_us, answer_seconds=answer_seconds)

    @property
    def processes(self) -> int:
        """How many share the limits, as last seen."""
        return self._link.processes if self._link is not None else 1

    @property
    def together(self) -> bool:
        """Whether the limits hold over all processes now: not while Redis is away."""
        return self._link is None or self._link.up

    async def start(self) -> None:
        if self._link is not None:
            await self._link.start()

    async def stop(self) -> None:
        if self._link is not None:
            await self._link.stop()

    def take_now(self, rules: Sequence[Rule], *, units: int) -> Taken:
        """In this process. ``units``: the usage to hold until it is known. Raises ``LimitExceeded``; nothing is taken
        then."""
        for rule in rules:
            if rule[3] is not None and units > rule[3]:
                raise too_large(rule, units)
        return self._take_here(rules, units)

    async def take(self, rules: Sequence[Rule], *, units: int) -> Taken:
        """Over all processes, with one round trip to Redis; while Redis is away, this process' part of it. As
        ``take_now`` otherwise. Cancelled, it leaves nothing taken."""
        for rule in rules:
            if rule[3] is not None and units > rule[3]:
                raise too_large(rule, units)
        link = self._link
        if link is None:
            return self._take_here(rules, units)
        if link.up:
            decided: Taken | LimitExceeded | None = await link.ask(
                rules, units, lambda answer: self._decided(rules, units, answer)
            )
            if isinstance(decided, LimitExceeded):
                raise decided
            if decided is not None:
                return decided
        return self._take_part(link, rules, units)

    def used(self, rules: Sequence[Rule]) -> list[int]:
        """Of each rule the requests and the usage of the last minute and the calls inside, as this process counts them
        now. On the loop."""
        slot = self._local.ticks.now() // self._local.ticks.slot_us
        for rule in rules:
            self._local.window(rule.id).expire(slot)
        return self._local.used(rules)

    def standing(self, rule_id: str) -> tuple[int, int, int] | None:
        """The same of one rule; ``None`` where nothing counts."""
        window = self._local.windows.get(rule_id)
        if window is None:
            return None
        window.expire(self._local.ticks.now() // self._local.ticks.slot_us)
        return window.requests, window.usage, window.inside

    def _take_here(self, rules: Sequence[Rule], units: int, *, share: int = 1) -> Taken:
        local = self._local
        now = local.ticks.now()
        refusal = local.refusal(rules, units, now)
        if refusal is not None:
            raise self._refused(rules, refusal, units, share=share)
        shares = local.add(rules, units, now)
        return Taken(rules, units, shares, local.used(rules), local=local, since=now, reset_us=local.reset_us(now))

    def _take_part(self, link: Shared, rules: Sequence[Rule], units: int) -> Taken:
        share = link.processes
        refusal = self._local.known_full(rules, self._local.ticks.now())
        if refusal is not None:
            raise self._refused(rules, refusal, units)
        taken = self._take_here([_part(rule, share, units) for rule in rules], units, share=share)
        self._inside(link, rules)
        slot = self._local.ticks.now() // self._local.ticks.slot_us
        for rule in rules:
            link.news.alone(rule.id, slot, units)
        taken.told(link.news)
        return taken

    def _decided(self, rules: Sequence[Rule], units: int, answer: Answer) -> Taken | LimitExceeded:
        """What Redis' answer means; counts here what it let through."""
        passes, slot, rule, measure, wait_us, reset_us, *used = answer
        link, local = self._link, self._local
        assert link is not None
        now = local.ticks.now()
        if not passes:
            if measure == REQUESTS:
                local.window(rules[rule].id).full = (used[3 * rule], now + wait_us)
            return self._refused(rules, Refusal(rule, measure, wait_us, used, reset_us), units)
        shares = local.add(rules, units, now)
        self._inside(link, rules)
        return Taken(rules, units, shares, used, local=local, since=now, reset_us=reset_us, slot=slot, news=link.news)

    def _inside(self, link: Shared, rules: Sequence[Rule]) -> None:
        for rule in rules:
            if rule.parallel is not None:
                link.news.entered(rule.id)

    def _refused(self, rules: Sequence[Rule], refusal: Refusal, units: int, *, share: int = 1) -> LimitExceeded:
        wait = refusal.wait_us / 1e6
        if refusal.measure == PARALLEL:
            rule = rules[refusal.rule]
            stay = self._local.window(rule.id).stay
            wait = max(wait, min(stay / (rule.parallel or 1), LONGEST_STAY))  # so many are inside, one of them leaves
        return exceeded(rules, refusal, units=units, wait=wait, local_share=share)


def _part(rule: Rule, share: int, units: int) -> Rule:
    """What one process of so many may let through alone: at least one, however large within the whole limit."""
    if share == 1:
        return rule
    requests, usage, parallel = rule[2:]
    return Rule(
        rule.id,
        rule.name,
        requests and max(1, requests // share),
        usage and max(1, usage // share, units),
        parallel and max(1, parallel // share),
    )
