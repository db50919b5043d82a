"""Writes down what probes found: token and provider state, fetched models. Blocking; run it off the event loop.

State rows are runtime state: other processes take them over by ``changed_at`` and ``updated_at``, and no
configuration version is bumped. Only news in a vendor's list is configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from providers import facts, history
from providers.condition import suspension
from providers.history import word_of
from providers.listed import ListedModel, usable
from providers.models import Model, Provider, ProviderState, Token, TokenState
from providers.probe import ProbeResult
from providers.shipped import SETTLED, place_of
from providers.token_changes import STEP
from providers.vendors import Vendor

Health = TokenState.Health
FOUND = [
    "health", "reason", "rejected_at", "probation_at", "suspensions", "tested_at", "changed_at", "updated_at",
]  # fmt: skip


def record_token(token_id: int, result: ProbeResult) -> None:
    """What a test said of a token.

    Rejected: it is out at once, and longer with each test in a row that says so. Accepted: it is back, and earlier
    rejections are forgotten. A rest after a 429 goes on in either case: a model list that is served says nothing about
    the limit of chats, nor about what else a token was suspended for. A retired one stays retired. A test that could
    not tell, or failed for another reason, only leaves its time.
    """
    now = timezone.now()
    with transaction.atomic():
        token = Token.objects.filter(pk=token_id).only("provider_id").first()
        if token is None:
            return  # deleted while it was tested
        TokenState.objects.bulk_create([TokenState(token_id=token_id, updated_at=now)], ignore_conflicts=True)
        row = TokenState.objects.select_for_update().get(pk=token_id)
        row.tested_at = row.updated_at = now
        before = word_of(row, now=now)
        if row.health != Health.RETIRED and result.credential_invalid:
            _reject(row, result.message, now)
        elif row.health != Health.RETIRED and result.ok:
            _clear(row, now)
        row.save(update_fields=FOUND)
        after = word_of(row, now=now)
        if after != before:
            reason = result.message if result.credential_invalid else "Tested fine."
            history.write([history.token_event(token, before=before, after=after, reason=reason, at=now)])


def _reject(row: TokenState, reason: str, now: datetime) -> None:
    """Tests go on and bring it back; should none be made, a call tries it some time."""
    row.suspensions += 1
    row.health, row.reason, row.rejected_at = Health.SUSPENDED, reason[:500], now
    row.probation_at = now + timedelta(seconds=suspension(row.suspensions, testable=True))
    row.changed_at = max(now, row.changed_at + STEP)


def _clear(row: TokenState, now: datetime) -> None:
    if row.rejected_at is None:
        return
    rests = row.cooling_until is not None and row.cooling_until > now
    row.health = Health.COOLING if rests else Health.HEALTHY
    row.reason = row.reason if rests else ""
    row.rejected_at = row.probation_at = None
    row.suspensions = 0
    row.changed_at = max(now, row.changed_at + STEP)


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


def record_models(provider_id: int, vendor: Vendor, items: Sequence[str | ListedModel]) -> int:
    """Takes a vendor's model list over, with what it says of each model; gives the number of models that are new.

    New ones become rows. Known ones, whoever made them, are marked as seen, and get what the list says where no admin
    has said otherwise. What the list no longer has stays, with a ``seen_at`` older than the provider's
    ``models_fetched_at``.
    """
    now = timezone.now()
    listed = usable(items)
    with transaction.atomic():
        provider = Provider.objects.select_for_update().filter(pk=provider_id).first()
        if provider is None:
            return 0
        book = _Book(provider, vendor)
        rows = {row.model_id: row for row in Model.objects.filter(provider_id=provider_id)}
        new = [book.new(one, now) for one in listed if one.id not in rows]
        if new:
            Model.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
        seen = [(rows[one.id], one) for one in listed if one.id in rows]
        changed = [row for row, one in seen if book.take(row, one)]
        if changed:
            Model.objects.bulk_update(changed, [*SETTLED, "listed"], batch_size=500)
        _mark_seen(provider_id, [one.id for _, one in seen], now)
        ProviderState.objects.update_or_create(
            provider_id=provider_id, defaults={"models_fetched_at": now, "updated_at": now}
        )
    return len(new)


def _mark_seen(provider_id: int, ids: Sequence[str], now: datetime) -> None:
    plain: QuerySet[Model] = QuerySet(Model)  # does not bump the version: being seen is no configuration
    for start in range(0, len(ids), 500):
        plain.filter(provider_id=provider_id, model_id__in=ids[start : start + 500]).update(seen_at=now)


class _Book:
    """What else is known of one provider's models, to settle their rows with."""

    def __init__(self, provider: Provider, vendor: Vendor) -> None:
        self.provider = provider
        self.shipped = {fact.id: fact for fact in vendor.models}
        self.place = place_of(provider, vendor)

    def new(self, one: ListedModel, now: datetime) -> Model:
        row = Model(
            provider=self.provider,
            model_id=one.id,
            mode="",
            listed=one.said(),
            source=Model.Source.FETCHED,
            seen_at=now,
        )
        facts.settle(row, self.shipped.get(one.id), self.place)
        return row

    def take(self, row: Model, one: ListedModel) -> bool:
        """Whether anything is news."""
        said = one.said()
        news = said != row.listed
        row.listed = said
        return facts.settle(row, self.shipped.get(one.id), self.place) or news
