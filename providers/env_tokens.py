"""Tokens of the environment as rows of the pool, so that their state survives a restart like any other's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from providers.env import EnvToken, overlay
from providers.models import Provider, Token
from providers.models.token import fingerprint
from providers.token_changes import rotate


@dataclass(frozen=True, slots=True)
class Synced:
    """How many rows were made, given another secret or name, and removed."""

    made: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Synced) -> Synced:
        return Synced(self.made + other.made, self.changed + other.changed, self.removed + other.removed)


def sync_tokens(environ: Mapping[str, str]) -> Synced:
    """Makes the rows of source ``env`` say what ``environ`` says; rows made in the admin are never touched. A secret
    that only moved to another variable keeps its row and state; a variable with a new secret keeps its row and
    starts with a fresh state. Only the start and a reload call this: the tokens of a provider that is not switched on
    are taken in too, and arm nothing."""
    total = Synced()
    with transaction.atomic():
        for provider in Provider.objects.select_for_update().defer("proxy", "secret_settings").order_by("pk"):
            vendor = provider.facts
            wanted = overlay(provider.name, vendor, environ).tokens if vendor else ()
            total += _sync_provider(provider, wanted)
    return total


def _sync_provider(provider: Provider, wanted: tuple[EnvToken, ...]) -> Synced:
    rows = list(Token.objects.filter(provider=provider))
    theirs = {row.fingerprint for row in rows if row.source == Token.Source.ADMIN}
    ours = {row.fingerprint: row for row in rows if row.source == Token.Source.ENVIRONMENT}
    fresh: list[EnvToken] = []
    changed = 0
    for token in wanted:
        mark = fingerprint(token.secret)
        if mark in theirs:
            continue
        row = ours.pop(mark, None)
        if row is None:
            fresh.append(token)
        elif row.env_name != token.variable:
            Token.objects.filter(pk=row.pk).update(env_name=token.variable)
            changed += 1
    left = {row.env_name: row for row in ours.values()}
    made = 0
    for token in fresh:
        row = left.pop(token.variable, None)
        made, changed = (made, changed + 1) if row else (made + 1, changed)
        _store(provider, row, token)
    for row in left.values():
        row.delete()
    return Synced(made, changed, len(left))


def _store(provider: Provider, row: Token | None, token: EnvToken) -> None:
    if row is None:
        source = Token.Source.ENVIRONMENT
        Token(provider=provider, source=source, env_name=token.variable, secret=token.secret).save()
        return
    rotate(row, token.secret, now=timezone.now())
