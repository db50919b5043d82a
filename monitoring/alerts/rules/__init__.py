"""The kinds of rules, a module each. Each has ``judge`` (plain values in, findings out) and ``find``, which reads what
is so now and judges it; ``find`` raises ``Unknowable`` where that cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring.alerts.findings import Finding, Terms
from monitoring.alerts.rules import (
    budget,
    error_rate,
    journal_lag,
    latency,
    pool_small,
    price_unknown,
    provider_down,
    token_expiring,
)
from monitoring.models import AlertKind

Find = Callable[[Terms, datetime], Sequence[Finding]]
FIGURES = ("window_minutes", "least_requests", "per", "provider", "model", "team")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``usual`` is the threshold where a rule has none; ``says`` tells one in words, ``usually`` what holds without
    any. ``help`` says what a threshold counts, "" where the kind has none. ``uses`` names the fields of a rule that
    mean something to this kind, beside its threshold."""

    find: Find
    uses: tuple[str, ...] = ()
    says: str = ""
    usually: str = ""
    usual: float | None = None
    help: str = ""

    def told(self, threshold: float | None) -> str:
        """When it is told, in words."""
        value = self.usual if threshold is None else threshold
        return self.usually if value is None else self.says.format(f"{value:g}")


KINDS: Mapping[str, Kind] = {
    AlertKind.BUDGET: Kind(
        find=budget.find,
        uses=("window_minutes", "team"),
        says="from {} % of the amount on",
        usually="at the budget's own thresholds",
        help="Percent of the amount. Empty: each budget's own thresholds.",
    ),
    AlertKind.ERROR_RATE: Kind(
        find=error_rate.find,
        uses=FIGURES,
        says="when more than {} % fail",
        usual=error_rate.USUAL,
        help="Percent of the requests that failed.",
    ),
    AlertKind.LATENCY: Kind(
        find=latency.find,
        uses=FIGURES,
        says="when one request in twenty takes more than {} s",
        usual=latency.USUAL,
        help="Seconds that one request in twenty takes (p95).",
    ),
    AlertKind.PROVIDER_DOWN: Kind(find=provider_down.find, uses=("provider", "model"), usually="when it is down"),
    AlertKind.POOL_SMALL: Kind(
        find=pool_small.find,
        uses=("provider",),
        says="below {} usable tokens",
        usually="below the provider's own number, or without any",
        help="Tokens that may be used: told below it. Empty: the provider's own number, or 1.",
    ),
    AlertKind.TOKEN_EXPIRING: Kind(
        find=token_expiring.find,
        uses=("provider",),
        says="{} days before",
        usual=token_expiring.USUAL,
        help="Days before it expires.",
    ),
    AlertKind.JOURNAL_LAG: Kind(
        find=journal_lag.find,
        says="more than {} s behind",
        usual=journal_lag.USUAL,
        help="Seconds that a closed call waits to be logged and booked.",
    ),
    AlertKind.PRICE_UNKNOWN: Kind(
        find=price_unknown.find,
        uses=("window_minutes", "provider", "model", "team"),
        says="at more than {} requests without a known cost",
        usual=price_unknown.USUAL,
        help="Requests without a known cost.",
    ),
}


def uses(kind: str) -> tuple[str, ...]:
    """The names of the fields that mean something to this kind, its threshold too."""
    known = KINDS.get(kind)
    if known is None:
        return ()
    return (*known.uses, "threshold") if known.help else known.uses
