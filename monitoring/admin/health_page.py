"""What the page of one provider's health tells: uptime, outages, checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from monitoring.health import board, paid
from monitoring.models import HealthCheck, HealthState, Outage
from providers.admin import cells
from providers.pricing.money import usd

TONES: dict[str, cells.Tone] = {
    board.HEALTHY: "green",
    board.DEGRADED: "yellow",
    board.DOWN: "red",
    board.UNKNOWN: "grey",
    board.OFF: "grey",
}
SPANS = (("24 hours", timedelta(days=1)), ("7 days", timedelta(days=7)), ("30 days", timedelta(days=30)))
MOST = 30
KINDS = {"probe": "Free probe", "test": "Token test", "paid": "Paid test"}


def chip(status: str) -> SafeString:
    return cells.chip(status, TONES.get(status, "grey"))


def story(row: HealthState, *, log: bool) -> dict[str, Any]:
    """``log``: whether the viewer may open the request log."""
    now = timezone.now()
    return {
        "row": row,
        "chip": chip(row.status),
        "since": cells.moment(row.since, now=now),
        "checked": cells.moment(row.checked_at, now=now),
        "called": cells.moment(row.called_at, now=now, never="not lately"),
        "probed": cells.moment(row.probed_at, now=now),
        "uptimes": [_uptime(row, label, now - span, now) for label, span in SPANS],
        "outages": [_outage(one, now) for one in _outages(row)],
        "checks": [_check(one, now, log=log) for one in _checks(row)],
        "others": _others(row),
    }


def worst_words(provider_id: int, model: str) -> str:
    """What a paid test costs at most."""
    worst = paid.worst_of_test(provider_id, model)
    return "an amount that nobody knows: this model has no known price" if worst is None else f"at most {usd(worst)}"


def _uptime(row: HealthState, label: str, since: datetime, until: datetime) -> dict[str, str]:
    name = row.provider.name
    found = [
        one
        for one in board.uptimes(since=since, until=until, provider=name, models=bool(row.model))
        if one.model == row.model
    ]
    if not found or found[0].share is None:
        return {"label": label, "share": "–", "note": "not watched"}
    (one,) = found
    notes = [f"{one.outages} outage{'' if one.outages == 1 else 's'}"]
    if one.mean_recovery_s is not None:
        notes.append(f"back after {cells.span(timedelta(seconds=one.mean_recovery_s))}")
    if one.fallbacks:
        notes.append(f"{one.fallbacks:,} answered elsewhere")
    share = 100 * (one.share or 0.0)
    return {"label": label, "share": f"{share:.3g} %" if share < 99 else f"{share:.2f} %", "note": ", ".join(notes)}


def _outages(row: HealthState) -> list[Outage]:
    return list(Outage.objects.filter(provider_id=row.provider_id, model=row.model)[:MOST])


def _outage(one: Outage, now: datetime) -> dict[str, Any]:
    return {
        "chip": chip(one.status),
        "began": cells.moment(one.began_at, now=now),
        "lasted": cells.span((one.ended_at or now) - one.began_at),
        "lasts": one.ended_at is None,
        "ended_as": one.ended_as,
        "reason": one.reason,
        "signal": one.get_signal_display(),
        "fallbacks": one.fallbacks,
    }


def _checks(row: HealthState) -> list[HealthCheck]:
    rows = HealthCheck.objects.filter(provider_id=row.provider_id)
    return list((rows.filter(model=row.model) if row.model else rows)[:MOST])


def _check(one: HealthCheck, now: datetime, *, log: bool) -> dict[str, Any]:
    tone: cells.Tone = "green" if one.ok else "grey" if one.ok is None else "red"
    word = "fine" if one.ok else "failed" if one.ok is False else "cannot tell"
    if one.message in (paid.WAITING, paid.RUNNING):
        tone, word = "blue", "waiting"
    link = reverse("admin:monitoring_requestlog_change", args=[one.request_id]) if log and one.request_id else ""
    return {
        "chip": cells.chip(word, tone),
        "kind": KINDS.get(one.kind, one.kind),
        "model": one.model,
        "at": cells.moment(one.at, now=now),
        "status": one.status,
        "message": one.message,
        "latency": f"{one.latency_ms:,} ms" if one.latency_ms else "",
        "cost": usd(one.cost_nano) if one.cost_nano else "",
        "link": link,
    }


def _others(row: HealthState) -> list[dict[str, Any]]:
    """The provider's models, or the provider of a model."""
    rows = HealthState.objects.filter(provider_id=row.provider_id).exclude(pk=row.pk)
    rows = rows.filter(model="") if row.model else rows
    return [
        {
            "url": reverse("admin:monitoring_healthstate_change", args=[one.pk]),
            "name": one.model or row.provider.name,
            "chip": chip(one.status),
            "reason": one.reason,
        }
        for one in rows[:100]
    ]
