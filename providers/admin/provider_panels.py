"""What stands around a provider's form: its state above, its circuit breakers and its history beneath."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers.admin import cells
from providers.env import overlay
from providers.environment import environ
from providers.models import BreakerState, Provider, ProviderEvent
from providers.overview import Glance, glance
from providers.status import needs_token
from providers.vendors import Vendor

LAST_EVENTS, MOST_BREAKERS = 20, 50
TONES: dict[str, cells.Tone] = {"closed": "green", "half_open": "yellow", "open": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerLine:
    """``model`` is "" for the provider's own."""

    model: str
    closed: bool
    of: str
    state: SafeString
    reason: str
    until: SafeString | str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    at: SafeString
    kind: str
    of: str
    change: str
    reason: str


def state_panel(provider: Provider, *, may_act: bool, buttons: Callable[..., list[dict[str, Any]]]) -> dict[str, Any]:
    """Status, tests, the vendor's notes and ``buttons``."""
    vendor = provider.facts
    shown = glance(provider, environ(), now=timezone.now())
    over = overlay(provider.name, vendor, environ()) if vendor else None
    return {
        "provider": provider,
        "vendor": vendor,
        "status": cells.dot(shown.status),
        "tokens": token_chips(shown, vendor),
        "models": shown.models,
        "state": getattr(provider, "state", None),
        "errors": tuple(over.errors) if over else (),
        "env_model": (over.model, over.variables["model"]) if over and over.model else None,
        "prefixes": [f"ext-{provider.name}-…", f"{provider.name}:…", f"{provider.name}/…"],
        "buttons": buttons(provider, enabled=shown.enabled),
        "may_act": may_act,
    }


def history_panel(provider: Provider, *, may_act: bool, close_url: str) -> dict[str, Any]:
    """Circuit breakers, those that are not closed first, and the last events."""
    now = timezone.now()
    rows = BreakerState.objects.filter(provider=provider).order_by("-changed_at")
    breakers = sorted(rows, key=lambda row: (row.state == BreakerState.State.CLOSED, row.model != ""))
    return {
        "breakers": [_breaker(row, now) for row in breakers[:MOST_BREAKERS]],
        "events": _events(provider, now=now),
        "most_events": LAST_EVENTS,
        "close_url": close_url,
        "may_act": may_act,
    }


def _breaker(row: BreakerState, now: datetime) -> BreakerLine:
    return BreakerLine(
        model=row.model,
        closed=row.state == BreakerState.State.CLOSED,
        of=row.model or "The whole provider",
        state=cells.chip(row.get_state_display().lower(), TONES.get(row.state, "grey")),
        reason=row.reason,
        until=_until(row, now),
    )


def _until(row: BreakerState, now: datetime) -> SafeString | str:
    if row.state != BreakerState.State.OPEN or row.until is None:
        return ""
    return cells.moment(row.until, now=now) if row.until > now else "with the next call"


def _events(provider: Provider, *, now: datetime) -> list[EventLine]:
    rows = ProviderEvent.objects.filter(provider=provider).select_related("token").defer("token__secret")
    return [
        EventLine(
            at=cells.moment(row.at, now=now),
            kind=row.get_kind_display(),
            of=str(row.token) if row.token is not None else row.model,
            change=" → ".join(one.replace("_", "-") for one in (row.before, row.after) if one),
            reason=row.reason,
        )
        for row in rows[:LAST_EVENTS]
    ]


def token_chips(shown: Glance, vendor: Vendor | None) -> SafeString:
    """``2 healthy · 1 resting``; says so where none is needed."""
    tokens = shown.tokens
    counted: list[tuple[int, str, cells.Tone]] = [
        (tokens.healthy, "healthy", "green"),
        (tokens.resting, "resting", "yellow"),
        (tokens.suspended, "suspended", "red"),
        (tokens.retired, "retired", "grey"),
        (tokens.disabled, "off", "grey"),
    ]
    found: list[tuple[object, cells.Tone]] = [(f"{count} {word}", tone) for count, word, tone in counted if count]
    if found:
        return cells.chips(found)
    quiet = "none" if vendor is None or needs_token(vendor) else "none needed"
    return format_html('<span class="sb-quiet">{}</span>', quiet)
