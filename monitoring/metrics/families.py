"""Every metric there is, with its help: the one place that docs/metrics.md and the Grafana file are checked against."""

from __future__ import annotations

from typing import NamedTuple

PREFIX = "switchboard_"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
TARGET = ("provider", "model")


class Family(NamedTuple):
    """``name`` is what stands in the exposition, without a counter's ``_total``. ``cluster``: true of all processes
    together, and served by one of them."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    cluster: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries use."""
        if self.kind == COUNTER:
            return (f"{self.name}_total",)
        if self.kind == HISTOGRAM:
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


def _family(name: str, kind: str, help: str, labels: tuple[str, ...] = (), *, cluster: bool = False) -> Family:
    return Family(PREFIX + name, kind, help, labels, cluster)


REQUESTS = _family("requests", COUNTER, "Requests that ended, by what answered.", (*TARGET, "status"))
DURATION = _family("request_duration_seconds", HISTOGRAM, "Time to the end of answers, without cached ones.", TARGET)
FIRST_BYTE = _family("request_first_byte_seconds", HISTOGRAM, "Time to a stream's first byte.", TARGET)
ATTEMPTS = _family("attempts", COUNTER, "Tries at a provider, by outcome.", (*TARGET, "outcome", "kind"))
FALLBACKS = _family("fallbacks", COUNTER, "Requests answered here after another target was tried first.", TARGET)
UNITS = _family("usage_units", COUNTER, "Units of usage that requests used.", (*TARGET, "kind"))
COST = _family("cost_dollars", COUNTER, "What attempts cost, as far as that is known.", TARGET)
UNPRICED = _family("unpriced_requests", COUNTER, "Requests that used something at an unknown price.", TARGET)
CACHE = _family("cache_answers", COUNTER, "Requests answered by the answer cache.", ("kind",))
SAVED = _family("saved_dollars", COUNTER, "What the answer cache's answers had cost when they were made.")
TEAM_REQUESTS = _family("team_requests", COUNTER, "Requests that ended, by team.", ("team",))
TEAM_COST = _family("team_cost_dollars", COUNTER, "What requests cost, by team.", ("team",))

IN_FLIGHT = _family("requests_in_flight", GAUGE, "Calls in flight.")
WAITING = _family("requests_waiting", GAUGE, "Calls that wait for a place in flight.")
GATED = _family("gate_refusals", COUNTER, "Calls turned away because too many were in flight.", ("gate",))
LOOP_LAG = _family("event_loop_lag_seconds", HISTOGRAM, "How late the event loop woke up, four times a second.")
JOURNAL_LAG = _family("journal_lag_records", GAUGE, "Closed calls that a consumer has not taken.", ("consumer",))
JOURNAL_REJECTED = _family("journal_rejected", COUNTER, "Records set aside because a consumer refused them.")
JOURNAL_DAMAGED = _family("journal_damaged", COUNTER, "Unreadable stretches met in journals.")
INTERRUPTED = _family("journal_interrupted", COUNTER, "Calls of dead processes that were settled here.")
SNAPSHOT = _family("snapshot_version", GAUGE, "Version of the configuration in force.")
CONNECTIONS = _family("upstream_connections", GAUGE, "Open connections to providers.", ("state",))
VIEWERS = _family("live_viewers", GAUGE, "Viewers of the live log at this process.")
LOG_LOST = _family("provider_log_lost", COUNTER, "Calls missing in the provider logs: they came too fast.")

HEALTH = _family(
    "provider_health", GAUGE, "1 for the status a provider has, 0 for the others.", ("provider", "status"), cluster=True
)
TOKENS = _family("tokens", GAUGE, "Tokens of a provider's pool, by state.", ("provider", "state"), cluster=True)
BUDGET_SPENT = _family("budget_spent_dollars", GAUGE, "Spent in the current period.", ("budget",), cluster=True)
BUDGET_AMOUNT = _family("budget_amount_dollars", GAUGE, "The amount, raises included.", ("budget",), cluster=True)
BUDGET_UNITS = _family("budget_spent_units", GAUGE, "Used in the current period.", ("budget",), cluster=True)
BUDGET_LIMIT = _family("budget_amount_units", GAUGE, "The amount, raises included.", ("budget",), cluster=True)
ALERTS = _family("alerts_open", GAUGE, "Alerts that are open.", ("kind", "severity"), cluster=True)
AGE = _family(
    "cluster_figures_age_seconds", GAUGE, "Served by one process only: how old its figures are.", cluster=True
)

FAMILIES = tuple(one for one in list(globals().values()) if isinstance(one, Family))
