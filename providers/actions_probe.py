"""Testing a provider while somebody waits: all of its tokens in use, free of cost, and written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from django.db import close_old_connections, connection
from django.utils import timezone

from providers import findings, probe
from providers.actions_refused import ActionRefused
from providers.catalogue import CompiledProvider, CompiledToken
from providers.compiling import compile_provider
from providers.crypto import WrongKey
from providers.environment import environ
from providers.http import HttpClients
from providers.models import Provider, TokenState
from providers.probe import ProbeResult

Found = TypeVar("Found")
AT_ONCE = 8  # tests of one provider at the same time
PATIENCE = 40.0  # seconds for all of them: one takes 30 at most
LATE = ProbeResult(ok=None, message="There was no time left to test it; ask again.")


class TestOutcome(NamedTuple):
    """One token's test; ``token`` is its fingerprint, "" for an anonymous one."""

    token: str
    ok: bool | None
    status: int
    message: str
    latency_ms: int


def test(provider: Provider, *, patience: float = PATIENCE) -> list[TestOutcome]:
    """Tests all of its tokens in use, now, free of cost, and writes down what came out. Takes up to half a minute, or
    ``patience`` seconds for a large pool. A provider that cannot be called at all is refused (``invalid``)."""
    try:
        compiled = compile_provider(provider.pk, environ())
    except Provider.DoesNotExist:
        raise ActionRefused(f"{provider.name} has no vendor file, or was deleted.", code="not_found") from None
    except WrongKey:
        message = f"What {provider.name} holds was encrypted under a key that is gone: see ENCRYPTION_KEYS."
        raise ActionRefused(message, code="unreadable") from None
    if compiled.problem:
        findings.record_problem(compiled.id, compiled.problem)
        raise ActionRefused(f"{provider.name} cannot be called: {compiled.problem}")
    tokens = in_use(compiled)
    if not tokens:
        raise ActionRefused(f"{provider.name} has no token in use: all are retired or have expired.")
    results = away(lambda clients: test_all(clients, compiled, tokens, patience=patience))
    record(compiled.id, tokens, results)
    return [
        TestOutcome(one.fingerprint if one.id else "", found.ok, found.status, found.message, found.latency_ms)
        for one, found in zip(tokens, results, strict=True)
    ]


def record(provider_id: int, tokens: Sequence[CompiledToken], results: Sequence[ProbeResult]) -> None:
    """Writes down what tests of a provider's tokens found; those for which there was no time are left out."""
    told = [(one, found) for one, found in zip(tokens, results, strict=True) if found is not LATE]
    for token, result in told:
        if token.id:
            findings.record_token(token.id, result)
    findings.record_all(provider_id, [result for _, result in told])


def in_use(provider: CompiledProvider) -> list[CompiledToken]:
    """Its tokens without those that are retired or have expired: nobody waits for them to come back."""
    now, ids = timezone.now(), [token.id for token in provider.tokens]
    retired = TokenState.objects.filter(pk__in=ids, health=TokenState.Health.RETIRED).values_list("pk", flat=True)
    gone = set(retired)
    return [one for one in provider.tokens if one.id not in gone and not 0 < one.expires_at <= now.timestamp()]


def away(work: Callable[[HttpClients], Awaitable[Found]]) -> Found:
    """Runs ``work`` on an event loop of its own, with clients of its own."""

    async def run() -> Found:
        clients = HttpClients()
        try:
            return await work(clients)
        finally:
            await clients.aclose()

    try:
        return asyncio.run(run())
    finally:
        if not connection.in_atomic_block:
            close_old_connections()  # one that the server closed while we waited


async def test_all(
    clients: HttpClients,
    provider: CompiledProvider,
    tokens: Sequence[CompiledToken],
    *,
    patience: float | None = None,
) -> list[ProbeResult]:
    """In the order of ``tokens``; ``LATE`` for what was not tested within ``patience`` seconds."""
    gate = asyncio.Semaphore(AT_ONCE)
    found: list[ProbeResult] = [LATE] * len(tokens)

    async def test(place: int, token: CompiledToken) -> None:
        async with gate:
            found[place] = await probe.test_token(clients, provider, token)

    try:
        async with asyncio.timeout(patience):
            await asyncio.gather(*(test(place, token) for place, token in enumerate(tokens)))
    except TimeoutError:
        pass
    return found
