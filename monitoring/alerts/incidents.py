"""Alerts in the database: each change is one conditional update, so that of two evaluators one makes it, and the
messages that belong to it are written in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from monitoring.alerts import posting
from monitoring.alerts.findings import Finding
from monitoring.alerts.happenings import AlertChange, alert_changed
from monitoring.alerts.machine import ENDED, Incident, Pace, Step, step
from monitoring.models import Alert, AlertRule

COURSE = tuple(Incident.__dataclass_fields__)  # fields that an alert and its incident share
OPEN = (Alert.State.PENDING, Alert.State.FIRING)


def pace(rule: AlertRule) -> Pace:
    return Pace(
        wait=timedelta(minutes=rule.wait_minutes),
        calm=timedelta(minutes=rule.calm_minutes),
        repeat=timedelta(minutes=rule.repeat_minutes),
        recovery=rule.notify_recovery,
    )


def apply(rule: AlertRule, findings: Iterable[Finding], now: datetime) -> int:
    """Brings the rule's alerts in line with what is found. Returns how many things there are to tell."""
    found = {one.subject[:200]: one for one in findings}
    was = {row.subject: row for row in Alert.objects.filter(rule=rule, state__in=OPEN)}
    told = 0
    for subject in dict.fromkeys([*found, *was]):
        told += _advance(rule, subject, was.get(subject), found.get(subject), now)
    return told


def acknowledge(alert_id: int, *, by: str, now: datetime) -> bool:
    """Whoever sees to it says so: it is not told again unless it becomes worse. Whether it was open and nobody had."""
    rows = Alert.objects.filter(pk=alert_id, state=Alert.State.FIRING, acknowledged_at=None)
    done = bool(rows.update(acknowledged_at=now, acknowledged_by=by[:150], revision=F("revision") + 1))
    if done:
        _tell(Alert.objects.get(pk=alert_id), "acknowledged", now)
    return done


def close_orphans(now: datetime) -> None:
    """Alerts of rules that are switched off or gone are over, and nobody is told."""
    orphans = Alert.objects.filter(state__in=OPEN).exclude(rule__enabled=True)
    orphans.filter(state=Alert.State.PENDING).delete()
    for row in orphans.filter(state=Alert.State.FIRING):
        if _changed(row, {"state": ENDED, "ended_at": now, "calm_since": now}):
            _tell(row, "ended", now)


def _advance(rule: AlertRule, subject: str, was: Alert | None, found: Finding | None, now: datetime) -> int:
    took = step(_incident(was) if was else None, found, pace(rule), now)
    if was is None and took.now is None:
        return 0
    with transaction.atomic():
        alert = _begun(rule, subject, took, found) if was is None else _gone_on(was, took, found, rule)
        if alert is None:
            return 0  # another evaluator was first
        if took.news:
            posting.note(alert, took.news, rule, now)
    what = took.news or ("ended" if took.now is not None and took.now.state == ENDED else "")
    if what:
        _tell(alert, what, now)
    return 1 if took.news else 0


def _begun(rule: AlertRule, subject: str, took: Step, found: Finding | None) -> Alert | None:
    assert took.now is not None and found is not None
    row = Alert(rule=rule, subject=subject, kind=rule.kind, **_copied(rule, found), **_course(took.now))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # alert_open_once
        return None
    return row


def _gone_on(was: Alert, took: Step, found: Finding | None, rule: AlertRule) -> Alert | None:
    if took.now is None:
        return was if Alert.objects.filter(pk=was.pk, revision=was.revision).delete()[0] else None
    values = _course(took.now) | (_copied(rule, found) if found is not None else {})
    if took.now.acknowledged_at is None:
        values["acknowledged_by"] = ""
    return was if _changed(was, values) else None


def _changed(row: Alert, values: Mapping[str, Any]) -> bool:
    """Whether nobody else changed it since it was read. The row then says the same."""
    if not Alert.objects.filter(pk=row.pk, revision=row.revision).update(**values, revision=F("revision") + 1):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.revision += 1
    return True


def _incident(row: Alert) -> Incident:
    return Incident(**{name: getattr(row, name) for name in COURSE})


def _course(incident: Incident) -> dict[str, Any]:
    return {name: getattr(incident, name) for name in COURSE}


def _copied(rule: AlertRule, found: Finding) -> dict[str, Any]:
    return {
        "rule_name": rule.name,
        "severity": rule.severity,
        "title": found.title[:200],
        "text": found.text[:1000],
        "value": found.value,
        "team_id": found.team or None,
    }


def _tell(row: Alert, what: str, now: datetime) -> None:
    change = AlertChange(
        what=what,
        alert_id=row.pk,
        kind=row.kind,
        severity=row.severity,
        title=row.title,
        text=row.text,
        team_id=row.team_id or 0,
        at=now,
    )
    transaction.on_commit(partial(alert_changed.tell, change))
