"""A vendor's export compared with the request log: read, kept as lines, filled in with our side.

The file is read where it was uploaded and not kept; what it says is, summed by day, key and model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from django.db import transaction

from monitoring.books import ours
from monitoring.books.comparing import LARGEST, Compared, Comparison
from monitoring.books.matching import Keys
from monitoring.books.theirs import Costs, Counts, Days, Group, Theirs, read
from monitoring.models import Reconciliation, ReconciliationLine
from providers.models import Token

AT_ONCE = 100_000  # log rows that a page may wait for; more are looked through by a task
TOLERANCE = 0.01
WAITING, DONE = "waiting", "done"


class NothingRead(Exception):
    """There is nothing to compare; the message says why."""


def take_in(
    files: Iterable[tuple[str, BinaryIO]],
    *,
    kind: str,
    provider: str,
    made_by: str,
    columns: Mapping[str, str] | None = None,
    keys: Mapping[str, str] | None = None,
    days: Days = Days(),
    tolerance: float = TOLERANCE,
) -> Reconciliation:
    """Reads the files and keeps what they say; our side is to be filled in by ``compare``. ``columns``: of the generic
    kind. ``keys``: the vendor's name of a key → our token's fingerprint. Raises ``NothingRead``, and what
    ``theirs.read`` raises."""
    named = list(files)
    theirs = read(named, kind, columns or {}, days=days)
    found = theirs.days()
    if not found:
        why = f" {theirs.problems[0]}" if theirs.problems else ""
        raise NothingRead(f"There is no usage in it{_within(days)}.{why}")
    settings = {
        "columns": dict(columns or {}),
        "keys": dict(keys or {}),
        "tolerance": tolerance,
        "tells": sorted(theirs.tells),
        "cents": theirs.cents,
        "state": WAITING,
    }
    with transaction.atomic():
        run = Reconciliation.objects.create(
            made_by=made_by[:150],
            kind=kind,
            provider=provider,
            file_name=", ".join(name for name, _ in named)[:200],
            mapping=settings,
            since=days.since or min(found),
            until=days.until or max(found),
            rows=theirs.rows,
            unread=theirs.unread,
            problems=theirs.problems,
        )
        ReconciliationLine.objects.bulk_create(_kept(run, theirs), batch_size=500)
    return run


def compare(pk: int) -> None:
    """Puts our side beside theirs. A run that is gone or done is left alone: doing it twice changes nothing."""
    run = Reconciliation.objects.filter(pk=pk).first()
    if run is None or run.mapping.get("state") != WAITING or run.since is None or run.until is None:
        return
    theirs = _theirs(run)
    rows = ours.ours(run.provider, since=run.since, until=run.until)
    keys = Keys(known_keys(run.provider) | run.mapping.get("keys", {}), in_file=theirs.keys())
    compared = Comparison(theirs, keys, rows).made()
    with transaction.atomic():
        run = Reconciliation.objects.select_for_update().get(pk=pk)
        if run.mapping.get("state") != WAITING:
            return
        run.lines.all().delete()
        ReconciliationLine.objects.bulk_create(_lines(run, compared), batch_size=500)
        _close(run, compared, sorted(theirs.keys()), split=keys.split)


def is_small(run: Reconciliation) -> bool:
    """Whether a page may wait for its comparison."""
    assert run.since is not None and run.until is not None
    return ours.rows_between(run.since, run.until, most=AT_ONCE) < AT_ONCE


def known_keys(provider: str) -> dict[str, str]:
    """Names that tokens of the provider go by, whatever the vendor's export calls them → their fingerprint."""
    found: dict[str, str] = {}
    for fingerprint, label, env_name in Token.objects.filter(provider__name=provider).values_list(
        "fingerprint", "label", "env_name"
    ):
        found |= {name: fingerprint for name in (label, env_name, fingerprint) if name}
    return found


def _kept(run: Reconciliation, theirs: Theirs) -> list[ReconciliationLine]:
    """As the export has it, until our side is there. Costs have lines of their own, told by their missing counts."""
    counts = [
        ReconciliationLine(
            reconciliation=run,
            day=group.day,
            token=group.key,
            model=group.model,
            theirs_requests=min(one.requests, LARGEST),
            theirs_input=min(one.input, LARGEST),
            theirs_output=min(one.output, LARGEST),
        )
        for group, one in theirs.counts.items()
    ]
    costs = [
        ReconciliationLine(
            reconciliation=run,
            day=group.day,
            token=group.key,
            model=group.model,
            theirs_nano=_nano(one.usd),
            ours_unknown=one.rows,
        )
        for group, one in theirs.costs.items()
    ]
    return counts + costs


def _theirs(run: Reconciliation) -> Theirs:
    theirs = Theirs(tells=set(run.mapping.get("tells", [])), cents=bool(run.mapping.get("cents")))
    for line in run.lines.all().iterator(chunk_size=2000):
        group = Group(line.day, line.token, line.model)
        if line.theirs_nano is not None:
            theirs.costs[group] = Costs(Decimal(line.theirs_nano).scaleb(-9), line.ours_unknown)
        else:
            theirs.counts[group] = Counts(line.theirs_requests or 0, line.theirs_input or 0, line.theirs_output or 0)
    return theirs


def _lines(run: Reconciliation, compared: Compared) -> list[ReconciliationLine]:
    return [
        ReconciliationLine(
            reconciliation=run,
            day=line.place.day,
            token=line.place.token,
            model=line.place.model,
            theirs_requests=line.theirs_requests,
            theirs_input=line.theirs_input,
            theirs_output=line.theirs_output,
            theirs_nano=line.theirs_nano,
            ours_requests=line.ours_requests,
            ours_input=line.ours_input,
            ours_output=line.ours_output,
            ours_nano=line.ours_nano,
            ours_unknown=line.ours_unknown,
        )
        for line in compared.lines
    ]


def _close(run: Reconciliation, compared: Compared, keys: list[str], *, split: bool) -> None:
    told = {"rounding": compared.rounding, "totals": dict(compared.totals), "file_keys": keys[:100], "by_key": split}
    run.mapping = {**run.mapping, **told, "state": DONE}
    theirs = compared.totals["theirs_nano"]
    run.theirs_nano = None if theirs is None else min(theirs, LARGEST)
    run.ours_nano = min(compared.totals["ours_nano"] or 0, LARGEST)
    run.save(update_fields=["mapping", "theirs_nano", "ours_nano"])


def _nano(usd: Decimal) -> int:
    return min(int((usd * 10**9).to_integral_value()), LARGEST)


def _within(days: Days) -> str:
    return f" between {days.since or 'its beginning'} and {days.until or 'its end'}" if days != Days() else ""


def tolerance_of(run: Reconciliation) -> tuple[float, int]:
    """The share and the nano-dollars by which two figures may differ and count as equal."""
    settings: dict[str, Any] = run.mapping
    return float(settings.get("tolerance", TOLERANCE)), int(settings.get("rounding", 0))
