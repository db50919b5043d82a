"""Free probes of many providers at once: which are due, what they said, when the next is. Never a call that costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import close_old_connections, connection

from monitoring.health.facts import Probed, Traffic
from monitoring.health.judging import ILL
from monitoring.health.pool import suspended_tokens, usable_tokens
from monitoring.models import HealthCheck, HealthState
from providers import findings, probe
from providers.catalogue import CompiledProvider, CompiledToken
from providers.http import HttpClients, Transport
from providers.probe import ProbeResult

AT_ONCE = 16
MOST = 48  # in one round; the others wait for the next
PATIENCE = 15.0  # seconds for one
FIRST_WAIT = timedelta(seconds=30)  # after a failed one; doubles
LONGEST_WAIT = timedelta(minutes=10)
DOUBTED = timedelta(minutes=1)  # between probes of a target whose calls fail, too few of them to judge by


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    provider: CompiledProvider
    token: CompiledToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    provider: CompiledProvider
    token: CompiledToken
    at: datetime
    result: ProbeResult

    @property
    def reached(self) -> bool | None:
        """Whether the vendor is there, which is another question than whether the token is good."""
        result = self.result
        if result.ok is not None:
            return None if result.credential_invalid else result.ok
        return True if 200 <= result.status < 300 else None


def possible(provider: CompiledProvider) -> bool:
    return bool(provider.vendor.probe_path or provider.vendor.models_path)


def is_due(
    provider: CompiledProvider, state: HealthState | None, traffic: Traffic, *, now: datetime, after: timedelta
) -> bool:
    """``after``: how long without an answered attempt until it is probed."""
    if not provider.active or not possible(provider):
        return False
    if state is not None and (state.status in ILL or state.probe_failures):
        return state.probe_at is None or state.probe_at <= now
    if state is None or state.probed_at is None:
        return now.timestamp() - traffic.last_answered > after.total_seconds()
    if traffic.last > traffic.last_answered:
        return now - state.probed_at >= DOUBTED
    answered = max(traffic.last_answered, state.called_at.timestamp() if state.called_at else 0)
    return now.timestamp() - answered > after.total_seconds() and now - state.probed_at >= after


def with_token(provider: CompiledProvider, *, now: datetime) -> Due | None:
    """With a token that may be used, else with a suspended one, which a good test brings back; ``None``: there is
    none that could be tried."""
    token = next(iter((*usable_tokens(provider, now=now), *suspended_tokens(provider, now=now))), None)
    return Due(provider=provider, token=token) if token is not None else None


def run(due: Sequence[Due], *, now: datetime, transport: Transport | None = None) -> list[Probe]:
    """Probes them, on an event loop of its own. Not within a transaction."""
    if not due:
        return []
    try:
        results = asyncio.run(_all(due, transport))
    finally:
        if not connection.in_atomic_block:
            close_old_connections()  # one that the server closed while we waited
    return [
        Probe(provider=one.provider, token=one.token, at=now, result=result)
        for one, result in zip(due, results, strict=True)
    ]


def record(probes: Sequence[Probe]) -> None:
    """Each as a check, and what it says of its token."""
    for one in probes:
        if one.token.id:
            findings.record_token(one.token.id, one.result)
    HealthCheck.objects.bulk_create(
        HealthCheck(
            provider_id=one.provider.id,
            kind=HealthCheck.Kind.PROBE,
            at=one.at,
            ok=one.reached,
            status=one.result.status,
            message=one.result.message[:500],
            latency_ms=one.result.latency_ms,
        )
        for one in probes
    )


def noted(state: HealthState, found: Probe) -> None:
    """Takes a probe over into ``state``, which is not saved."""
    state.probed_at, state.probe_ok = found.at, found.reached
    state.probe_reason = "" if found.reached else _shortly(found.result)
    if found.reached is False:
        state.probe_failures += 1
        state.probe_failed_at = found.at
    elif found.reached:
        state.probe_failures = 0
    state.probe_at = found.at + wait_after(state.probe_failures)


def wait_after(failures: int) -> timedelta:
    """Until the next probe of what is ill: 30 s, 1, 2, 4 … 10 min."""
    return min(FIRST_WAIT * (1 << min(max(failures - 1, 0), 10)), LONGEST_WAIT)


def probed(state: HealthState | None, provider: CompiledProvider) -> Probed:
    if state is None or state.probed_at is None:
        return Probed(possible=possible(provider))
    return Probed(
        possible=possible(provider),
        at=state.probed_at.timestamp(),
        ok=state.probe_ok,
        failures=state.probe_failures,
        failed_at=state.probe_failed_at.timestamp() if state.probe_failed_at else 0,
        reason=state.probe_reason,
    )


def _shortly(result: ProbeResult) -> str:
    """For everybody: the vendor's words, which may name an address, stand on the check."""
    return f"HTTP {result.status}" if result.status else "it did not answer"


async def _all(due: Sequence[Due], transport: Transport | None) -> list[ProbeResult]:
    clients = HttpClients(transport=transport)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(asked: Due) -> ProbeResult:
        async with gate:
            return await _patiently(clients, asked)

    try:
        return await asyncio.gather(*(one(asked) for asked in due))
    finally:
        await clients.aclose()


async def _patiently(clients: HttpClients, asked: Due) -> ProbeResult:
    try:
        async with asyncio.timeout(PATIENCE):
            return await probe.test_token(clients, asked.provider, asked.token)
    except TimeoutError:
        message = f"{asked.provider.name} did not answer its free call within {PATIENCE:g} s."
        return replace(ProbeResult(ok=False, message=message), latency_ms=round(PATIENCE * 1000))
