"""Writes down what probes found: token and provider state, fetched models. Blocking; run it off the event loop.

State rows are runtime state: other processes take them over by ``changed_at`` and ``updated_at``, and no
configuration version is bumped. Only a model that is new in a vendor's list is configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from providers.models import Model, Provider, ProviderState, Token, TokenState
from providers.probe import ProbeResult
from providers.token_changes import newer
from providers.vendors import Vendor

MODES = {
    Model.Mode.EMBEDDING: ("embed", "bge-", "e5-"),
    Model.Mode.RERANK: ("rerank",),
    Model.Mode.TRANSCRIPTION: ("whisper", "transcribe"),
}


def record_token(token_id: int, result: ProbeResult) -> None:
    """What a test said of a token.

    Rejected: it is out at once. Accepted: it is back, and earlier rejections are forgotten. A rest after a 429
    goes on in either case: a model list that is served says nothing about the limit of chats. A test that could not
    tell, or failed for another reason, only leaves its time.
    """
    now = timezone.now()
    with transaction.atomic():
        if not Token.objects.filter(pk=token_id).exists():
            return  # deleted while it was tested
        TokenState.objects.bulk_create([TokenState(token_id=token_id, updated_at=now)], ignore_conflicts=True)
        row = TokenState.objects.filter(pk=token_id)
        row.update(tested_at=now, updated_at=now)
        if result.credential_invalid:
            _reject(row, result.message, now, newer(token_id, now=now))
        elif result.ok:
            _clear(row, now, newer(token_id, now=now))


def _reject(row: QuerySet[TokenState], reason: str, now: datetime, changed: datetime) -> None:
    row.update(
        health=TokenState.Health.INVALID, reason=reason[:500], rejected_at=now, probation_at=None, changed_at=changed
    )


def _clear(row: QuerySet[TokenState], now: datetime, changed: datetime) -> None:
    rejected = row.filter(Q(health=TokenState.Health.INVALID) | Q(rejected_at__isnull=False))
    back: dict[str, Any] = {"rejected_at": None, "probation_at": None, "changed_at": changed}
    rests = rejected.filter(cooling_until__gt=now).update(health=TokenState.Health.COOLING, **back)
    if not rests:
        rejected.update(health=TokenState.Health.HEALTHY, reason="", **back)


def record_one(provider_id: int, result: ProbeResult) -> None:
    """What the test of a single token says about its provider: that it works, or that it does not. A rejected
    credential says nothing about the rest of the pool."""
    if result.ok is True or (result.ok is False and not result.credential_invalid):
        _record_provider(provider_id, result.ok, result.message)


def record_all(provider_id: int, results: Sequence[ProbeResult]) -> None:
    """What the tests of all tokens say about a provider: one good token makes it work."""
    good = [one for one in results if one.ok]
    bad = [one for one in results if one.ok is False]
    if good and bad:
        _record_provider(provider_id, True, f"{len(bad)} of {len(results)} tokens failed: {bad[0].message}")
    elif results:
        telling = (good or bad or list(results))[0]
        _record_provider(provider_id, telling.ok, telling.message)


def record_problem(provider_id: int, problem: str) -> None:
    """A provider that cannot be called at all, and why."""
    _record_provider(provider_id, False, problem)


def record_note(provider_id: int, message: str) -> None:
    """Something to tell of a provider that does not decide whether it works."""
    with transaction.atomic():
        if Provider.objects.filter(pk=provider_id).exists():
            ProviderState.objects.update_or_create(provider_id=provider_id, defaults={"message": message})


def _record_provider(provider_id: int, ok: bool | None, message: str) -> None:
    with transaction.atomic():
        if Provider.objects.filter(pk=provider_id).exists():
            now = timezone.now()
            found = {"ok": ok, "message": message, "tested_at": now, "updated_at": now}
            ProviderState.objects.update_or_create(provider_id=provider_id, defaults=found)


def record_models(provider_id: int, vendor: Vendor, ids: Sequence[str]) -> int:
    """Takes a vendor's model list over; gives the number of models that are new.

    New ones become rows. Known ones, whoever made them, are only marked as seen. What the list no longer has stays,
    with a ``seen_at`` older than the provider's ``models_fetched_at``.
    """
    now = timezone.now()
    with transaction.atomic():
        if not Provider.objects.select_for_update().filter(pk=provider_id).exists():
            return 0
        known = set(Model.objects.filter(provider_id=provider_id).values_list("model_id", flat=True))
        new = [one for one in ids if one not in known]
        if new:
            rows = [_new_model(provider_id, vendor, one, now) for one in new]
            Model.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        _mark_seen(provider_id, [one for one in ids if one in known], now)
        ProviderState.objects.update_or_create(
            provider_id=provider_id, defaults={"models_fetched_at": now, "updated_at": now}
        )
    return len(new)


def _mark_seen(provider_id: int, ids: Sequence[str], now: datetime) -> None:
    plain: QuerySet[Model] = QuerySet(Model)  # does not bump the version: being seen is no configuration
    for start in range(0, len(ids), 500):
        plain.filter(provider_id=provider_id, model_id__in=ids[start : start + 500]).update(seen_at=now)


def _new_model(provider_id: int, vendor: Vendor, model_id: str, now: datetime) -> Model:
    row = Model(
        provider_id=provider_id, model_id=model_id, mode=_mode(model_id), source=Model.Source.FETCHED, seen_at=now
    )
    fact = next((one for one in vendor.models if one.id == model_id), None)
    if fact is not None:
        row.mode, row.context_window, row.max_output = fact.mode, fact.context_window, fact.max_output
        row.vision, row.tools, row.reasoning = fact.vision, fact.tools, fact.reasoning
    return row


def _mode(model_id: str) -> str:
    """What a model of that name is for. Lists do not say; an admin can correct it."""
    name = model_id.lower()
    return next((mode for mode, words in MODES.items() if any(word in name for word in words)), Model.Mode.CHAT)
