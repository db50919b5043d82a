"""Tokens of providers, by fingerprint and never by secret: what became of them, and letting another take over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from gateway.errors import BadRequest
from monitoring.api.audit import changed, who
from monitoring.api.base import MonitoringView, answer, read_body
from monitoring.api.documented import TOKENS, told
from monitoring.api.keyset import page
from monitoring.api.params import AllTokenParams, TokenParams, read
from monitoring.api.shapes_providers import Rotated, Rotation, TokenPage
from providers import actions
from providers.history import word_of
from providers.models import Token

MOST_SECONDS = 86_400


class TokenList(MonitoringView):
    for_everything = True

    @told(
        "listTokens",
        "Tokens of a provider",
        tag=TOKENS,
        returns=TokenPage,
        params=TokenParams,
        named=True,
    )
    def get(self, request: Request, name: str) -> Response:
        given = read(request, TokenParams)
        return _page(Token.objects.filter(provider=actions.find_provider(name)), given)


class AllTokens(MonitoringView):
    for_everything = True

    @told(
        "listAllTokens",
        "Tokens of all providers",
        tag=TOKENS,
        returns=TokenPage,
        params=AllTokenParams,
        errors=(404,),
    )
    def get(self, request: Request) -> Response:
        given = read(request, AllTokenParams)
        rows = Token.objects.all()
        if given["provider"]:
            rows = rows.filter(provider=actions.find_provider(given["provider"]))
        return _page(rows, given)


class RotateToken(MonitoringView):
    needs = "providers.change_token"
    for_everything = True

    @told(
        "rotateToken",
        "Rotate a token",
        "Lets a token rest, so that the others of the pool answer; every process sees it within a second. Refused with "
        "409 (`no_other_token`) where it is the only one that could answer, and (`out_already`) where it is suspended "
        "or retired.",
        tag=TOKENS,
        returns=Rotated,
        takes=Rotation,
        asked={"fingerprint": "a94a8fe5cc", "seconds": 600},
        named=True,
        errors=(409,),
    )
    def post(self, request: Request, name: str) -> Response:
        given = read_body(request, ("fingerprint", "seconds"), optional=True)
        fingerprint, seconds = _fingerprint(given), _seconds(given)
        provider = actions.find_provider(name)
        token = actions.rotate_token(provider, by=who(self.viewer), fingerprint=fingerprint, seconds=seconds)
        changed(self.viewer, token, "Rotated: it rests, and the others of the pool answer.")
        token = _rows(Token.objects.filter(pk=token.pk)).get()
        return answer(Rotated, {"provider": provider.name, "token": token_row(token, now=timezone.now())})


def _page(rows: QuerySet[Any], given: dict[str, Any]) -> Response:
    if given["enabled"] is not None:
        rows = rows.filter(enabled=given["enabled"])
    found, following = page(_rows(rows), by="id", cursor=given["cursor"], limit=given["limit"])
    now = timezone.now()
    return answer(TokenPage, {"data": [token_row(token, now=now) for token in found], "next": following})


def _rows(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Secrets stay where they are."""
    proxies = ("provider__proxy", "provider__secret_settings", "provider__settings")
    return rows.select_related("state", "provider").defer("secret", *proxies)


def token_row(token: Token, *, now: datetime) -> dict[str, Any]:
    state = getattr(token, "state", None)
    quota = dict(state.quota) if state is not None else {}
    resets = quota.get("resets_at")
    resting = state.cooling_until if state is not None and state.cooling_until and state.cooling_until > now else None
    return {
        "id": token.pk,
        "provider": token.provider.name,
        "fingerprint": token.fingerprint,
        "label": token.label,
        "source": token.source,
        "variable": token.env_name,
        "enabled": token.enabled,
        "health": word_of(state, now=now),
        "reason": state.reason if state is not None and word_of(state, now=now) != "healthy" else "",
        "resting_until": resting,
        "probation_at": state.probation_at if state is not None else None,
        "expires_at": token.expires_at,
        "last_used_at": state.last_used_at if state is not None else None,
        "tested_at": state.tested_at if state is not None else None,
        "requests": state.requests if state is not None else 0,
        "failures": state.failures if state is not None else 0,
        "limits": token,
        "quota": {
            **{name: quota.get(name) for name in ("requests_left", "requests_limit", "usage_left", "usage_limit")},
            "resets_at": datetime.fromtimestamp(resets, UTC) if resets else None,
        },
        "created_at": token.created_at,
        "rotated_at": token.rotated_at,
    }


def _fingerprint(given: dict[str, Any]) -> str:
    found = given.get("fingerprint")
    if found is not None and (not isinstance(found, str) or not found or len(found) > 16):
        raise BadRequest("`fingerprint` is a token's, ten hexadecimal digits.", param="fingerprint")
    return found or ""


def _seconds(given: dict[str, Any]) -> float | None:
    found = given.get("seconds")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 1 <= found <= MOST_SECONDS:
        raise BadRequest(f"`seconds` is a number from 1 to {MOST_SECONDS:,}.", param="seconds")
    return float(found)
