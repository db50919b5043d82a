"""Calls as the journal tells them, taken by the consumers that a gateway has: the log's writer and the budgets'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway.budgets.consumer import BudgetConsumer
from gateway.budgets.periods import period_start
from gateway.exchange import Attempt, Exchange, uuid7
from gateway.models import Budget
from monitoring.books.span import Span, microseconds
from monitoring.log_writer import LogWriter
from providers.canonical import Usage
from providers.catalogue import Catalogue
from providers.compiling import compile_catalogue
from providers.models import Model, Provider

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
DAY = Span(since=datetime(2026, 9, 21, tzinfo=UTC), until=datetime(2026, 9, 22, tzinfo=UTC))


def provider(name: str = "acme", **prices: float) -> Provider:
    row = Provider.objects.create(name=name, vendor="openai_compatible", base_url="http://acme.test/v1")
    if prices:
        Model.objects.create(provider=row, model_id="m1", **_columns(prices))
    return row


def reprice(name: str = "acme", model: str = "m1", **prices: float) -> Catalogue:
    """An admin's new prices, USD for a million units, and the catalogue with them."""
    Model.objects.update_or_create(provider=Provider.objects.get(name=name), model_id=model, defaults=_columns(prices))
    return compile_catalogue({})


def _columns(prices: dict[str, float]) -> dict[str, Any]:
    return {f"price_{unit}": Decimal(str(price)) for unit, price in prices.items()}


def budget(name: str = "Research", **more: Any) -> Budget:
    return Budget.objects.create(**{"name": name, "subject": "everyone", "amount": 10**12, "period": "day", **more})


def attempt(usage: Usage = Usage(input=1000, output=500), *, budgets: Sequence[Budget] = (), **more: Any) -> Attempt:
    """One that ``charge`` has yet to price."""
    base: dict[str, Any] = {"provider": "acme", "model": "m1", "token": "fp-1"}
    charged = [(one.pk, period_start(one.period, NOON.timestamp())) for one in budgets]
    counts = ("input", "output", "cached_input", "cache_write_input", "reasoning", "input_audio", "output_audio")
    return Attempt(**{**base, **{name: getattr(usage, name) for name in counts}, "charged": charged, **more})


def exchange(
    *attempts: Attempt, catalogue: Catalogue | None = None, usage: Usage | None = None, at: datetime = NOON, **more: Any
) -> Exchange:
    """A closed one. With a catalogue its attempts are priced as the relay does; ``usage`` is that of the last one."""
    prices: dict[str, int] = {}
    for one in attempts if catalogue is not None else ():
        counted = usage if usage is not None and one is attempts[-1] else _usage(one)
        assert catalogue is not None
        cost = catalogue.providers[one.provider].prices_of(one.model).cost(counted, microseconds(at))
        one.cost_nano, one.cost_basis, prices = cost.nano, cost.basis, cost.unit_prices
    billed = [one for one in attempts if one.cost_basis]
    known = bool(billed) and all(one.cost_nano is not None for one in billed)
    last = attempts[-1] if attempts else Attempt(provider="", model="")
    base = {
        "provider": last.provider, "model": last.model, "token": last.token,
        "input": last.input, "output": last.output, "status": 200, "ended_by": "done",
        "cost_nano": sum(one.cost_nano or 0 for one in billed) if known else None,
        "cost_basis": billed[-1].cost_basis if known else "unknown",
        "unit_prices": prices, "latency_us": 1_000_000,
    }  # fmt: skip
    return Exchange(id=uuid7(), started_at=microseconds(at), attempts=list(attempts), **{**base, **more})


def _usage(one: Attempt) -> Usage:
    return Usage(
        input=one.input, output=one.output, cached_input=one.cached_input, cache_write_input=one.cache_write_input,
        reasoning=one.reasoning, input_audio=one.input_audio, output_audio=one.output_audio,
    )  # fmt: skip


def logged(*exchanges: Exchange, booked: bool = True) -> None:
    LogWriter().take(exchanges)
    if booked:
        BudgetConsumer().take(exchanges)
