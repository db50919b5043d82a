"""How a token's state is shown."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers.admin import cells
from providers.models import Token, TokenState


def state_of(token: Token) -> TokenState | None:
    found: TokenState | None = getattr(token, "state", None)
    return found


def is_resting(state: TokenState | None, *, now: datetime) -> bool:
    return bool(
        state and state.health == TokenState.Health.COOLING and state.cooling_until and state.cooling_until > now
    )


def state_chip(token: Token) -> SafeString:
    """Its health as a chip, with how long it rests and why."""
    state, now = state_of(token), timezone.now()
    if not token.enabled:
        return cells.chip("off")
    if state is not None and state.health == TokenState.Health.INVALID:
        return _with_reason(cells.chip("rejected", "red"), state.reason)
    if state is not None and is_resting(state, now=now):
        until = format_html(
            "<span>{} back {}</span>", cells.chip("resting", "yellow"), cells.moment(state.cooling_until, now=now)
        )
        return _with_reason(until, state.reason)
    return cells.chip("healthy", "green")


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
