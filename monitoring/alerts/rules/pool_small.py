"""Token pool small: fewer tokens of a provider may be used than its admin wants, or none at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from monitoring.alerts.findings import Finding, Terms
from providers.environment import environ
from providers.models import Provider
from providers.overview import overview
from providers.status import TokenCounts, needs_token


class Pool(NamedTuple):
    """Of a provider that is switched on. ``wanted``: its own smallest pool, 0 for none said; ``keyless``: it answers
    without tokens."""

    provider: str
    tokens: TokenCounts
    wanted: int = 0
    keyless: bool = False


def find(terms: Terms, now: datetime) -> list[Finding]:
    return judge(terms, _read(now))


def judge(terms: Terms, pools: Iterable[Pool]) -> list[Finding]:
    found = []
    for pool in pools:
        wanted = int(terms.threshold) if terms.threshold is not None else max(pool.wanted, 1)
        usable = pool.tokens.healthy
        expected = pool.tokens.armed or (pool.wanted and not pool.keyless)
        if terms.provider in ("", pool.provider) and expected and usable < wanted:
            found.append(_finding(pool, usable, wanted))
    return found


def _finding(pool: Pool, usable: int, wanted: int) -> Finding:
    counts = pool.tokens
    states = ((counts.resting, "resting"), (counts.suspended, "suspended"), (counts.retired, "retired or expired"))
    notes = ", ".join(f"{count} {word}" for count, word in states if count)
    may = f"{usable} of {_tokens(counts.armed)} may be used{f' ({notes})' if notes else ''}"
    return Finding(
        subject=f"provider:{pool.provider}",
        title=f"{pool.provider} has {_tokens(usable)} left" if usable else f"{pool.provider} has no usable token left",
        text=f"{may}; {wanted} or more are wanted.",
        value=float(usable),
        level=1 if not usable else 0,
    )


def _tokens(count: int) -> str:
    return f"{count} token" if count == 1 else f"{count} tokens"


def _read(now: datetime) -> Sequence[Pool]:
    seen = overview(environ(), now=now)
    rows = Provider.objects.only("name", "vendor", "smallest_pool").filter(pk__in=list(seen))
    return [
        Pool(row.name, seen[row.pk].tokens, row.smallest_pool, row.facts is None or not needs_token(row.facts))
        for row in rows
        if seen[row.pk].enabled
    ]
