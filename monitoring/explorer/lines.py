"""Rows of the request log as the list shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal

from django.urls import reverse

from monitoring.dashboards.address import Address
from monitoring.explorer.filters import HITS
from monitoring.models import RequestLog
from providers.admin.cells import microseconds
from providers.pricing.money import NANO, usd

LONGEST = 80  # characters of a name
THREE_DIGITS = Context(prec=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``kind`` is the look of the status: 2xx, 4xx, 5xx, cancelled or interrupted. ``…_url`` narrow the list."""

    id: str
    url: str
    day: str
    time: str
    exact: str  # ISO 8601
    status: str
    kind: str
    error: str
    error_code: str
    model: str
    asked: str  # the name that was asked for, where it is another
    model_url: str
    provider: str
    provider_url: str
    team: str
    team_url: str
    key: str
    key_url: str
    usage: str
    cached: str
    cost: str
    cost_title: str
    latency: str
    first_byte: str
    attempts: int
    stream: bool


def lines(rows: Iterable[RequestLog], address: Address) -> list[Line]:
    return [_line(row, address) for row in rows]


def kind_of(row: RequestLog) -> str:
    if row.ended_by in (RequestLog.EndedBy.CANCELLED, RequestLog.EndedBy.INTERRUPTED):
        return str(row.ended_by)
    if row.status >= 500 or (row.ended_by == RequestLog.EndedBy.FAILED and row.status < 400):
        return "5xx"  # a stream that broke was a 200
    return "4xx" if row.status >= 400 else "2xx"


def status_of(row: RequestLog) -> str:
    kind = kind_of(row)
    if kind in ("cancelled", "interrupted"):
        return kind
    return f"{row.status or ''} broken".strip() if kind == "5xx" and row.status < 400 else str(row.status)


def _line(row: RequestLog, address: Address) -> Line:
    model = row.model or row.requested_model
    return Line(
        id=str(row.pk),
        url=reverse("logs:one", args=[row.pk]),
        day=f"{row.started_at:%d %b}",
        time=f"{row.started_at:%H:%M:%S}.{row.started_at.microsecond // 1000:03d}",
        exact=row.started_at.isoformat(),
        status=status_of(row),
        kind=kind_of(row),
        error=row.error_message[:300],
        error_code=row.error_code,
        model=_cut(model),
        asked=_cut(row.requested_model) if row.requested_model not in ("", model) else "",
        model_url=_narrowed(address, "model", row.model),
        provider=row.provider,
        provider_url=_narrowed(address, "provider", row.provider),
        team=row.team,
        team_url=_narrowed(address, "team", str(row.team_id or "")),
        key=row.api_key,
        key_url=_narrowed(address, "key", str(row.api_key_id or "")),
        usage="" if row.usage_basis == "none" else f"{row.input:,} → {row.output:,}",
        cached=_cached(row),
        cost=cost(row),
        cost_title="" if row.cost_nano is None else usd(row.cost_nano),
        latency=microseconds(row.latency_us),
        first_byte=microseconds(row.first_byte_us) if row.first_byte_us else "",
        attempts=len(row.attempts),
        stream=row.stream,
    )


def cost(row: RequestLog) -> str:
    """Short enough for a column: four digits that count."""
    if row.cost_nano is None:
        return "" if row.usage_basis == "none" else "unknown"
    amount = Decimal(row.cost_nano) / NANO
    if amount >= 100 or not amount:
        return f"${amount:,.2f}"
    return f"${amount:.4f}" if amount >= 0.01 else f"${amount.normalize(THREE_DIGITS):f}"


def _cached(row: RequestLog) -> str:
    if row.cache in HITS:
        return "from the cache"
    return f"{row.cached_input:,} cached" if row.cached_input else ""


def _narrowed(address: Address, name: str, value: str) -> str:
    return str(address.put(**{name: value})) if value else ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
