"""How a token's state is shown: its health as a chip, what is left of its quota as bars, what happened as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from providers.admin import cells
from providers.models import ProviderEvent, Token, TokenState

LAST_EVENTS = 50
Health = TokenState.Health


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One line of a token's history."""

    at: SafeString
    change: str
    reason: str


def state_of(token: Token) -> TokenState | None:
    found: TokenState | None = getattr(token, "state", None)
    return found


def state_chip(token: Token) -> SafeString:
    """Its health as a chip, with how long that lasts and why."""
    state, now = state_of(token), timezone.now()
    if not token.enabled:
        return cells.chip("off")
    if token.expires_at is not None and token.expires_at <= now:
        return format_html("<span>{} {}</span>", cells.chip("expired", "red"), cells.moment(token.expires_at, now=now))
    if state is None:
        return cells.chip("healthy", "green")
    return _with_reason(_health(state, now), _reason(state, now))


def _health(state: TokenState, now: datetime) -> SafeString:
    match state.health:
        case Health.RETIRED:
            return cells.chip("retired", "red")
        case Health.SUSPENDED:
            return _until(cells.chip("suspended", "red"), "tried again", state.probation_at, now)
        case Health.PROBATION:
            return _until(cells.chip("on probation", "yellow"), "rests, back", _rest(state, now), now)
    if rest := _rest(state, now):
        return _until(cells.chip("resting", "yellow"), "back", rest, now)
    return cells.chip("healthy", "green")


def _rest(state: TokenState, now: datetime) -> datetime | None:
    return state.cooling_until if state.cooling_until and state.cooling_until > now else None


def _until(chip: SafeString, word: str, at: datetime | None, now: datetime) -> SafeString:
    if at is None or at <= now:
        return chip
    return format_html("<span>{} {} {}</span>", chip, word, cells.moment(at, now=now))


def _reason(state: TokenState, now: datetime) -> str:
    return "" if state.health == Health.COOLING and _rest(state, now) is None else state.reason


def quota_bars(state: TokenState | None) -> SafeString:
    """What the vendor last said is left, a bar for requests and one for usage; what was renewed since is grey."""
    told: dict[str, Any] = dict(state.quota or {}) if state else {}
    bars = [_bar(told, "requests", "requests"), _bar(told, "usage", "units")]
    shown = [bar for bar in bars if bar is not None]
    if not shown:
        return cells.EMPTY
    return format_html('<span class="sb-two">{}</span>', format_html_join("", "{}", ((bar,) for bar in shown)))


def _bar(told: dict[str, Any], what: str, unit: str) -> SafeString | None:
    left, limit = told.get(f"{what}_left"), told.get(f"{what}_limit")
    if not isinstance(left, int):
        return None
    if not isinstance(limit, int) or limit <= 0:
        return format_html('<span class="sb-quiet">{} {} left</span>', f"{left:,}", unit)
    share = min(left / limit, 1.0)
    tone = "grey" if _renewed(told) else "red" if share <= 0.05 else "yellow" if share <= 0.25 else "green"
    text = f"{left:,} of {limit:,} {unit} left"
    return format_html(
        '<span class="sb-quiet">{}</span><span class="sb-lane" style="height:6px;min-width:7rem" role="img" '
        'aria-label="{}" title="{}"><i class="sb-lane-bar sb-{}" style="left:0;width:{}%"></i></span>',
        text,
        text,
        _told_at(told),
        tone,
        f"{share * 100:.1f}",
    )


def _renewed(told: dict[str, Any]) -> bool:
    resets_at = told.get("resets_at")
    return isinstance(resets_at, float | int) and resets_at <= timezone.now().timestamp()


def _told_at(told: dict[str, Any]) -> str:
    at = told.get("at")
    return f"Told {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC" if isinstance(at, float | int) else ""


def history(token: Token) -> list[EventLine]:
    """The last things that happened to it, the latest first."""
    now = timezone.now()
    rows = ProviderEvent.objects.filter(token=token)[:LAST_EVENTS]
    return [EventLine(at=cells.moment(row.at, now=now), change=_change(row), reason=row.reason) for row in rows]


def _change(row: ProviderEvent) -> str:
    return " → ".join(word for word in (row.before, row.after) if word)


def origin(token: Token) -> SafeString:
    if token.source != Token.Source.ENVIRONMENT:
        return format_html('<span class="sb-quiet">{}</span>', "admin")
    return format_html(
        '<span class="sb-env"><span class="material-symbols-outlined" aria-hidden="true">lock</span>'
        "<code>{}</code></span>",
        token.env_name or "environment",
    )


def _with_reason(shown: SafeString, reason: str) -> SafeString:
    if not reason:
        return shown
    return format_html(
        '<span class="sb-two">{}<span class="sb-reason" title="{}">{}</span></span>', shown, reason, reason
    )
