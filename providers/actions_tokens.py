"""A provider's tokens by hand: another takes over, and new ones join the pool. Secrets go inward only."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from providers import token_changes
from providers.actions_refused import ActionRefused, refusal_of
from providers.history import word_of
from providers.models import Provider, Token, TokenState
from providers.models.token import fingerprint as fingerprint_of

LONGEST_REST = 86_400.0  # seconds
USUAL_REST = 60.0  # where TOKEN_COOLDOWN is 0: by hand it rests all the same
LONGEST_SECRET = 8_000
Health = TokenState.Health


def check_secret(secret: str, *, provider: Provider | None, but: int | None = None) -> str:
    """``secret`` as given. Raises ``ValidationError`` for one that cannot travel in a header, or that the pool has."""
    if any(not 33 <= ord(sign) <= 126 for sign in secret):
        raise ValidationError("A token holds no spaces, line breaks or letters outside ASCII. Was it copied whole?")
    if provider is not None and provider.pk:
        same = Token.objects.filter(provider=provider, fingerprint=fingerprint_of(secret)).exclude(pk=but or 0)
        if same.exists():
            raise ValidationError("This provider's pool has that token already.")
    return secret


def rotate_token(provider: Provider, *, by: str, fingerprint: str = "", seconds: float | None = None) -> Token:
    """Lets the named token, or the one that was used last, rest for ``seconds`` (the usual cooldown), so that the
    others of the pool take over. Refused where it is the only one that could answer (``no_other_token``), and where it
    is suspended or retired (``out_already``)."""
    rest = _rest(seconds)
    with transaction.atomic():
        # Two who ask at once shall not put both of two tokens to rest.
        Provider.objects.select_for_update().only("pk").filter(pk=provider.pk).first()
        now = timezone.now()
        rows = Token.objects.filter(provider=provider).select_related("state").defer("secret").order_by("pk")
        tokens = list(rows)
        able = [token for token in tokens if _could_answer(token, now)]
        token = _named(tokens, fingerprint) if fingerprint else _last_used(able, provider)
        if not any(other.pk != token.pk for other in able):
            raise ActionRefused(_alone(provider, token), code="no_other_token", param="fingerprint")
        if not token_changes.rest(token, until=now + timedelta(seconds=rest), now=now, by=by):
            message = f"{token.fingerprint} is suspended or retired: it is out anyway."
            raise ActionRefused(message, code="out_already", param="fingerprint")
    return token


def add_token(provider: Provider, secret: str, *, name: str = "") -> Token:
    """Stores another token, encrypted; it is used within a second. Refused for what cannot be one (``invalid``)."""
    secret, name = secret.strip(), name.strip()
    if not secret:
        raise ActionRefused("The token is empty.", param="secret")
    if len(secret) > LONGEST_SECRET:
        raise ActionRefused(f"A token has at most {LONGEST_SECRET:,} characters.", param="secret")
    if len(name) > 80 or not name.isprintable():
        raise ActionRefused("A name has at most 80 characters, all printable.", param="name")
    try:
        with transaction.atomic():
            check_secret(secret, provider=provider)
            return Token.objects.create(provider=provider, secret=secret, label=name)
    except ValidationError as error:
        raise refusal_of(error, param="secret") from None
    except IntegrityError:  # somebody else added it meanwhile
        raise ActionRefused("This provider's pool has that token already.", param="secret") from None


def _rest(seconds: float | None) -> float:
    if seconds is None:
        return float(getattr(settings, "TOKEN_COOLDOWN", 0)) or USUAL_REST
    if isinstance(seconds, bool) or not math.isfinite(seconds) or not 1 <= seconds <= LONGEST_REST:
        raise ActionRefused(f"A rest lasts 1 to {LONGEST_REST:,.0f} seconds.", param="seconds")
    return seconds


def _could_answer(token: Token, now: datetime) -> bool:
    if not token.enabled or (token.expires_at is not None and token.expires_at <= now):
        return False
    row = getattr(token, "state", None)
    if row is not None and row.cooling_until is not None and row.cooling_until > now:
        return False
    return word_of(row, now=now) in (Health.HEALTHY, Health.PROBATION)


def _named(tokens: list[Token], fingerprint: str) -> Token:
    found = next((one for one in tokens if one.fingerprint == fingerprint), None)
    if found is None:
        known = ", ".join(one.fingerprint for one in tokens[:20]) or "none"
        message = f"The pool has no such token. Its fingerprints: {known}."
        raise ActionRefused(message, code="not_found", param="fingerprint")
    return found


def _last_used(able: list[Token], provider: Provider) -> Token:
    """Of those that work; what rests already need not be sent away."""

    def used(token: Token) -> float:
        row = getattr(token, "state", None)
        return row.last_used_at.timestamp() if row is not None and row.last_used_at else 0.0

    if not able:
        message = f"{provider.name} has no token that could rest: none may be used now."
        raise ActionRefused(message, code="no_other_token", param="fingerprint")
    return max(able, key=used)


def _alone(provider: Provider, token: Token) -> str:
    return f"No other token of {provider.name} could answer in place of {token.fingerprint}; add one first."
