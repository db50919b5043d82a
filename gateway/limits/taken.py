"""What one call or attempt holds of its limits, until it is known what it used and it ends."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.answer import Headers
from gateway.limits.compiled import Rule
from gateway.limits.headers import limit_headers
from gateway.limits.local import Local, Share
from gateway.limits.news import News


class Taken:
    """Nothing here awaits or raises, and doing it again changes nothing. ``used``: the three counts of each rule, this
    call included. ``news`` is where Redis is told, ``slot`` Redis' own in which it counts: 0 if only here."""

    __slots__ = (
        *("_inside", "_local", "_news", "_reset_us", "_rules", "_settled", "_shares", "_since", "_slot", "_units"),
        "_used",
    )

    def __init__(
        self,
        rules: Sequence[Rule],
        units: int,
        shares: Sequence[Share],
        used: Sequence[int],
        *,
        local: Local,
        since: int,
        reset_us: int,
        slot: int = 0,
        news: News | None = None,
    ) -> None:
        self._rules = rules
        self._units = units
        self._shares = shares
        self._used = used
        self._local = local
        self._since = since
        self._reset_us = reset_us
        self._slot = slot
        self._news = news
        self._inside = True
        self._settled = False

    @property
    def headers(self) -> Headers:
        """Of the tightest rules, as it was when the call came in."""
        return limit_headers(self._rules, self._used, self._reset_us)

    def settle(self, units: int | None) -> None:
        """What was held at the estimate becomes what was used: where it was counted, or from now on what is more.
        ``None``: nobody knows; the estimate stays."""
        if self._settled:
            return
        self._settled = True
        if units is None or units == self._units:
            return
        change = max(0, units) - self._units
        if change < 0:
            self._count(0, change)
        else:
            self._count_more(change)

    def leave(self) -> None:
        """It is not inside any more."""
        self._leave(max(0, self._local.ticks.now() - self._since) / 1e6)

    def undo(self) -> None:
        """As if it had never been taken; for what was not sent at all. Once it is settled, only ``leave``."""
        if not self._settled:
            self._settled = True
            self._count(-1, -self._units)
        self._leave(None)

    def told(self, news: News) -> None:
        """Redis, which is away, is told of the calls inside when it is back."""
        self._news = news

    def apart(self, number: int) -> tuple[Taken, Taken]:
        """Its first so many rules and the others, to be settled and left each for itself; it is nothing then."""
        parts = self._part(0, number), self._part(number, len(self._rules))
        self._settled, self._inside = True, False
        return parts

    def _part(self, first: int, last: int) -> Taken:
        part = Taken(
            self._rules[first:last],
            self._units,
            self._shares[first:last],
            self._used[3 * first : 3 * last],
            local=self._local,
            since=self._since,
            reset_us=self._reset_us,
            slot=self._slot,
            news=self._news,
        )
        part._settled, part._inside = self._settled, self._inside
        return part

    def _count(self, requests: int, usage: int) -> None:
        for window, entry in self._shares:
            window.correct(entry, requests, usage)
        if self._news is not None and self._slot:
            for rule in self._rules:
                self._tell(self._news, rule, self._slot, requests, usage)

    def _count_more(self, usage: int) -> None:
        for rule in self._rules:
            if rule.usage is None:
                continue
            self._local.add_usage(rule, usage)
            if self._news is not None and self._slot:
                self._tell(self._news, rule, 0, 0, usage)

    def _tell(self, news: News, rule: Rule, slot: int, requests: int, usage: int) -> None:
        """Redis counts only what is limited."""
        requests = requests if rule.requests is not None else 0
        usage = usage if rule.usage is not None else 0
        if requests or usage:
            news.correct(rule.id, slot, requests, usage)

    def _leave(self, seconds: float | None) -> None:
        if not self._inside:
            return
        self._inside = False
        for window, _ in self._shares:
            window.leave(seconds)
        if self._news is not None:
            for rule in self._rules:
                if rule.parallel is not None:
                    self._news.left(rule.id)
