"""Celery tasks around probes: test tokens and providers, fetch models; and one that tidies up. Arguments are
ids; twice does no harm.

Each makes and closes its own HTTP clients, which belong to an event loop, and holds no transaction while it
waits for a vendor. What came out reaches other processes through the database.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.db.models import Max
from django.utils import timezone

from providers import findings, probe
from providers.actions_probe import away, in_use, record, test_all
from providers.catalogue import CompiledProvider, CompiledToken
from providers.compiling import compile_provider, compile_providers, with_secret
from providers.environment import environ
from providers.errors import CredentialInvalid, SwitchboardError
from providers.http import HttpClients
from providers.listed import ListedModel
from providers.models import ConfigChange, Provider, ProviderEvent, Token

log = logging.getLogger("switchboard.probe")
CHANGES_KEPT = timedelta(days=2)
EVENTS_KEPT = timedelta(days=30)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def test_token(token_id: int) -> None:
    """Tests one token, whether it and its provider are enabled or not: somebody asked."""
    row = Token.objects.filter(pk=token_id).first()
    provider = _compiled(row.provider_id) if row else None
    if row is None or provider is None:
        log.info("token %s is gone, it was not tested", token_id)
        return
    if provider.problem and provider.tokens:  # without tokens the problem may be just that this one is switched off
        findings.record_problem(provider.id, provider.problem)
        return
    plain = CompiledToken(id=row.pk, fingerprint=row.fingerprint)
    token = with_secret(plain, str(row.secret), provider.vendor, provider.settings)
    result = away(lambda clients: probe.test_token(clients, provider, token))
    findings.record_token(token.id, result)
    findings.record_one(provider.id, result)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def test_provider(provider_id: int) -> None:
    """Tests all tokens of a provider that are in use, or that it answers without one, whether it is enabled or not."""
    provider = _compiled(provider_id)
    if provider is None:
        log.info("provider %s is gone, it was not tested", provider_id)
        return
    if provider.problem:
        findings.record_problem(provider.id, provider.problem)
        return
    tokens = in_use(provider)
    record(provider.id, tokens, away(lambda clients: test_all(clients, provider, tokens)))


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def test_all_tokens() -> None:
    """Starts a test of every enabled provider. Switched off ones, and their tokens, are left alone."""
    for provider in _enabled():
        test_provider.apply_async((provider.id,), retry=False)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def fetch_models(provider_id: int) -> None:
    """Takes a vendor's model list over into the catalogue, asking with the first token that the vendor accepts."""
    provider = _compiled(provider_id)
    if provider is None or provider.vendor.models_path is None:
        log.info("provider %s has no model list to fetch", provider_id)
        return
    if provider.problem:
        findings.record_problem(provider.id, provider.problem)
        return
    try:
        listed = away(lambda clients: _fetch(clients, provider))
    except SwitchboardError as error:
        log.warning("the models of %s could not be fetched: %s", provider.name, error.message)
        findings.record_note(provider.id, f"Its models could not be fetched: {error.message}")
    else:
        new = findings.record_models(provider.id, provider.vendor, listed)
        log.info("%s has %d models, %d of them new", provider.name, len(listed), new)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def refresh_models() -> None:
    """Starts fetching the models of every enabled provider that has a list."""
    for provider in _enabled():
        if provider.vendor.models_path is not None:
            fetch_models.apply_async((provider.id,), retry=False)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def prune_config_changes() -> None:
    """Forgets which rows old versions changed. A process that is behind by more loads everything instead."""
    ConfigChange.objects.filter(at__lt=timezone.now() - CHANGES_KEPT).delete()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def prune_provider_events() -> None:
    """Forgets what happened to tokens, breakers and pools a month ago. What a pool was told last is kept, whenever that
    was: it says whether the next is news."""
    last = ProviderEvent.objects.filter(kind=ProviderEvent.Kind.POOL).values("provider").annotate(last=Max("id"))
    old = ProviderEvent.objects.filter(at__lt=timezone.now() - EVENTS_KEPT)
    old.exclude(pk__in=list(last.order_by().values_list("last", flat=True))).delete()


def _enabled() -> list[CompiledProvider]:
    return [provider for provider in compile_providers(environ()) if provider.active]


def _compiled(provider_id: int) -> CompiledProvider | None:
    try:
        return compile_provider(provider_id, environ())
    except Provider.DoesNotExist:
        return None


async def _fetch(clients: HttpClients, provider: CompiledProvider) -> list[ListedModel]:
    refused: CredentialInvalid | None = None
    for token in provider.tokens:
        try:
            return await probe.fetch_models(clients, provider, token)
        except CredentialInvalid as error:
            refused = error
    raise refused or CredentialInvalid(f"{provider.name} has no token.")
