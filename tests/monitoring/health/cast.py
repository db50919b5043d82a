"""The cast of the health tests: a clock that stands, a provider at a fake vendor, attempts in the request log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.exchange import Attempt, Exchange, uuid7
from monitoring.log_writer import LogWriter
from providers.models import Model, Provider


class Clock:
    """Called for the time; ``pass_`` moves it on. It begins now: pages ask for the last day."""

    def __init__(self) -> None:
        self.began = self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def make_provider(url: str, name: str = "acme", **fields: Any) -> Provider:
    """One without tokens at an OpenAI-compatible address of its own, whose model list is its free call."""
    given = {"vendor": "vllm", "dispatch": "pooled", "base_url": url, **fields}
    made, _ = Provider.objects.update_or_create(name=name, defaults=given)
    return made


def price(provider: Provider, model: str, *, input: str = "1", output: str = "2") -> Model:
    """USD for a million units."""
    made, _ = Model.objects.update_or_create(
        provider=provider, model_id=model, defaults={"price_input": input, "price_output": output}
    )
    return made


def attempts(
    provider: str, *, at: datetime, answered: int = 0, failed: int = 0, model: str = "fake-large", then: str = ""
) -> None:
    """Requests that ended just before ``at``. ``then``: the provider that answered those that failed here."""
    rows = [exchange(at, bad=False, provider=provider, model=model, then="") for _ in range(answered)]
    rows += [exchange(at, bad=True, provider=provider, model=model, then=then) for _ in range(failed)]
    LogWriter().take(rows)


def exchange(at: datetime, *, bad: bool, provider: str, model: str, then: str = "", **fields: Any) -> Exchange:
    tries = [Attempt(provider=provider, model=model, status=500 if bad else 200, duration_us=100_000)]
    if bad:
        tries[0].error, tries[0].verdict = "provider_error", "next_target"
    if then:
        tries.append(Attempt(provider=then, model=model, status=200, started_us=100_000, duration_us=100_000))
    well = not bad or bool(then)
    given = {
        "id": uuid7(),
        "started_at": int((at - timedelta(seconds=1)).timestamp() * 1e6),
        "endpoint": "chat.completions",
        "provider": then or provider,
        "model": model,
        "status": 200 if well else 502,
        "ended_by": "done" if well else "failed",
        "latency_us": 200_000,
        "attempts": tries,
    }
    return Exchange(**{**given, **fields})
