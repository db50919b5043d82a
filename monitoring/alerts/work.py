"""What the timetable does about alerts: judge the rules, send what is due, forget what is old."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import Error as AnyDatabaseError
from django.utils import timezone

from monitoring.alerts import delivering, incidents, process
from monitoring.alerts.defaults import ensure_defaults
from monitoring.alerts.findings import Finding, Terms, Unknowable
from monitoring.alerts.rules import KINDS, Kind
from monitoring.duties import duty
from monitoring.models import Alert, AlertMessage, AlertRule

log = logging.getLogger("switchboard.alerts")

SECONDS = 120.0  # a run is over by then, or another process may take its place
MESSAGES_KEPT = timedelta(days=30)
ALERTS_KEPT = timedelta(days=180)

deliver = delivering.deliver
deliver_one = delivering.deliver_one


def evaluate(*, now: datetime | None = None, kinds: Mapping[str, Kind] = KINDS) -> int:
    """Judges every rule that is switched on, in one process of the cluster at a time. Returns how many things there
    are to tell; messages wait to be delivered then."""
    with duty("alerts", seconds=SECONDS) as mine:
        if not mine:
            return 0
        ensure_defaults()
        return judge_all(now or timezone.now(), kinds)


def judge_all(now: datetime, kinds: Mapping[str, Kind] = KINDS) -> int:
    """As ``evaluate``, whoever else does so too: what is told is told once all the same."""
    rules = AlertRule.objects.filter(enabled=True).select_related("provider", "team")
    told = 0
    for rule in rules.defer("provider__proxy", "provider__secret_settings"):
        found = _found(rule, kinds, now)
        if found is not None:
            told += incidents.apply(rule, found, now)
    incidents.close_orphans(now)
    return told


def prune(now: datetime | None = None) -> None:
    """Forgets messages after a month, alerts half a year after their end, and processes that are long gone."""
    now = now or timezone.now()
    done = (AlertMessage.State.SENT, AlertMessage.State.FAILED)
    AlertMessage.objects.filter(created_at__lt=now - MESSAGES_KEPT, state__in=done).delete()
    Alert.objects.filter(state=Alert.State.ENDED, ended_at__lt=now - ALERTS_KEPT).delete()
    process.prune(now)


def terms_of(rule: AlertRule) -> Terms:
    return Terms(
        threshold=rule.threshold,
        window_minutes=rule.window_minutes,
        least_requests=rule.least_requests,
        per=rule.per,
        provider=rule.provider.name if rule.provider else "",
        model=rule.model,
        team=rule.team_id or 0,
    )


def _found(rule: AlertRule, kinds: Mapping[str, Kind], now: datetime) -> list[Finding] | None:
    """``None``: it cannot be told; the rule says why. One rule that fails stops none of the others."""
    kind = kinds.get(rule.kind)
    problem = "This version knows no such kind of rule." if kind is None else ""
    found: list[Finding] | None = None
    if kind is not None:
        try:
            found = list(kind.find(terms_of(rule), now))
        except Unknowable as error:
            problem = str(error)
        except AnyDatabaseError:
            raise  # nothing can be written down either: the next run looks again
        except Exception as error:
            log.exception("the alert rule %r cannot be judged", rule.name)
            problem = f"It could not be judged ({type(error).__name__}); the log says why."
    if problem[:300] != rule.problem:
        AlertRule.objects.filter(pk=rule.pk).update(problem=problem[:300])
    return found
