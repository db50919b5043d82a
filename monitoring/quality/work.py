"""Judging a sample: each minute some of the answers that teams store are shown to the judge, under a daily cap."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from gateway.models import Team
from monitoring.asking import ask, worst_price
from monitoring.duties import duty
from monitoring.models import QualityScore, QualitySettings, RequestContent, RequestLog
from monitoring.quality import judge
from monitoring.quality.content import Spoken, spoken
from providers.crypto import WrongKey, decrypt
from providers.models import Provider
from providers.pricing.money import nano

log = logging.getLogger("switchboard.quality")

ENDPOINT = "quality.judge"  # in the request log
JUDGED = ("chat.completions", "messages", "responses", "completions")
LATELY = timedelta(hours=1)
MOST_SEEN = 20_000  # stored contents of the last hour that are looked through, the newest
MOST = 20  # answers in one round
SECONDS = 45.0  # for one round, before the last answer is asked for, which may take a minute more
HELD = 150.0
KEPT = timedelta(days=400)
ASKED = "Asked; no verdict came."
UNTOLD = "Nothing to judge: no text was stored, or it cannot be opened."


def judge_sample(*, clock: Callable[[], datetime] = timezone.now, seconds: float = SECONDS) -> int:
    """Returns how many answers were shown to the judge. Off, without a judge, without a price of the judge, or with
    the cap reached, it does nothing."""
    settings = QualitySettings.current()
    if not settings.enabled or settings.provider is None or not settings.provider.enabled or not settings.model:
        return 0
    with duty("quality-judge", seconds=HELD) as mine:
        return _judge_some(settings, settings.provider, clock, until=time.monotonic() + seconds) if mine else 0


def prune(*, now: datetime | None = None) -> int:
    return QualityScore.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()[0]


def is_sampled(request_id: uuid.UUID, percent: Decimal) -> bool:
    """The same for the same request, whoever asks."""
    place = int.from_bytes(hashlib.sha256(request_id.bytes).digest()[:8], "big")
    return place < 2**64 * percent / 100


def spent_today(now: datetime) -> int:
    """Nano-dollars since midnight UTC; of what was asked and not ended, the most it may cost."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return QualityScore.objects.filter(judged_at__gte=midnight).aggregate(sum=Sum("cost_nano"))["sum"] or 0


def worst_of(provider_id: int, model: str, asked: judge.Question) -> int | None:
    """Nano-dollars that one verdict costs at most; ``None`` where nobody knows."""
    return worst_price(provider_id, model, prompt=asked.prompt, system=asked.system, max_output=judge.MOST_OUTPUT)


def _judge_some(
    settings: QualitySettings, judge_at: Provider, clock: Callable[[], datetime], *, until: float
) -> int:  # fmt: skip
    cap, done = nano(settings.daily_cap) or 0, 0
    for row, said in _sample(settings, clock()):
        if done >= MOST or time.monotonic() > until:
            break
        if said is None:
            _claimed(settings, judge_at, row, clock(), cost=0, note=UNTOLD)
            continue
        mark = secrets.token_hex(8)
        asked = judge.question(said.asked, said.answered, mark=mark)
        worst = worst_of(judge_at.pk, settings.model, asked)
        if worst is None:
            log.warning("nobody knows what %s:%s costs: no cap could be kept", judge_at, settings.model)
            break
        if spent_today(clock()) + worst > cap:
            break
        if _claimed(settings, judge_at, row, clock(), cost=worst, note=ASKED):
            verdict = _verdict(settings.model, judge_at.pk, asked, mark=mark)
            QualityScore.objects.filter(pk=row.pk).update(**verdict)
            done += 1
    return done


def _sample(settings: QualitySettings, now: datetime) -> Iterator[tuple[RequestLog, Spoken | None]]:
    """Answers of the last hour that were not judged yet, the oldest first."""
    lately = RequestContent.objects.filter(started_at__gte=now - LATELY, started_at__lte=now).order_by("-started_at")
    seen = list(lately.values_list("request_id", flat=True)[:MOST_SEEN])
    sampled = [one for one in reversed(seen) if is_sampled(one, settings.sample_percent)]
    teams = set(Team.objects.filter(store_content=True).values_list("pk", flat=True))
    for start in range(0, len(sampled), 100):
        ids = sampled[start : start + 100]
        known = set(QualityScore.objects.filter(pk__in=ids).values_list("pk", flat=True))
        rows = RequestLog.objects.filter(id__in=set(ids) - known, started_at__gte=now - LATELY, endpoint__in=JUDGED)
        for row in rows.filter(ended_by=RequestLog.EndedBy.DONE, status=200, cache__in=("", "stored")).order_by("id"):
            if row.team_id in teams:
                yield row, _opened(row.pk)


def _opened(request_id: uuid.UUID) -> Spoken | None:
    stored = RequestContent.objects.filter(pk=request_id).first()
    try:
        return spoken(decrypt(bytes(stored.sealed))) if stored is not None else None
    except WrongKey:
        return None


def _claimed(
    settings: QualitySettings, judge_at: Provider, row: RequestLog, now: datetime, *, cost: int, note: str
) -> bool:
    """Writes the row before the judge is asked: what was asked once is not paid for twice. False where it was there."""
    with suppress(IntegrityError), transaction.atomic():
        QualityScore.objects.create(
            request_id=row.pk,
            at=row.started_at,
            judged_at=now,
            team_id=row.team_id,
            team=row.team,
            provider=row.provider,
            model=row.model,
            judge=f"{judge_at.name}:{settings.model}",
            cost_nano=cost,
            note=note,
        )
        return True
    return False


def _verdict(model: str, provider_id: int, asked: judge.Question, *, mark: str) -> dict[str, object]:
    """The columns that the judge fills in."""
    told = ask(
        provider_id,
        model,
        prompt=asked.prompt,
        system=asked.system,
        endpoint=ENDPOINT,
        max_output=judge.MOST_OUTPUT,
    )
    cost = {"cost_nano": told.exchange.cost_nano or 0}
    if not told.ok:
        return {**cost, "note": f"The judge did not answer: {told.error}"[:300]}
    try:
        return {**cost, "note": "", **judge.read(told.text, mark=mark)._asdict()}
    except judge.BadVerdict as error:
        return {**cost, "note": str(error)[:300]}
