"""From what happened to entries: the attempts of a closed exchange, and changes of tokens, breakers, pools, health."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.exchange import Attempt, Exchange
from monitoring.health import words
from monitoring.health.topic import HealthChange
from monitoring.provider_logs.shape import LONGEST, Entry, new_id
from providers.happenings import Happening

LOST = ("cancelled", "lost", "not written", "slow start", "stop: the time")  # verdicts of attempts nobody waited for
KINDS = {"retry": "Retry", "hedge": "Hedge"}
LEVEL_OF = {  # what a token, a breaker, a pool or a provider has become
    "suspended": "error",
    "retired": "error",
    "open": "error",
    words.DOWN: "error",
    "cooling": "warning",
    "probation": "warning",
    "half_open": "warning",
    "low": "warning",
    words.DEGRADED: "warning",
}


def of_exchange(exchange: Exchange, *, process: str, debug: bool) -> Iterator[Entry]:
    """An entry for each attempt that ended, with ``debug`` also one for its beginning."""
    for attempt in exchange.attempts:
        began = (exchange.started_at + attempt.started_us) // 1000
        if debug:
            yield _entry(exchange, attempt, began, "debug", "request", _sent(attempt), process)
        level, event, message = _outcome(attempt)
        at = began + attempt.duration_us // 1000
        yield _entry(exchange, attempt, at, level, event, message, process, ended=True)


def of_happening(told: Happening, *, process: str) -> Entry:
    """``kind`` is token, breaker or pool, which are events here too."""
    return changed(
        told.kind,
        told.provider,
        before=told.before,
        after=told.after,
        reason=told.reason,
        at=int(told.at * 1000),
        model=told.model,
        token=told.token,
        process=process,
    )


def of_health(told: HealthChange, *, at: int, process: str) -> Entry:
    after, before = told.after, told.before
    return changed(
        "health",
        after.provider,
        before=before.status if before else "",
        after=after.status,
        reason=after.reason,
        at=int(after.since.timestamp() * 1000) if after.since else at,
        model=after.model,
        process=process,
    )


def changed(
    event: str,
    provider: str,
    *,
    before: str,
    after: str,
    reason: str,
    at: int,
    model: str = "",
    token: str = "",
    process: str = "",
    level: str = "",
) -> Entry:
    """An entry of something that went from one word to another."""
    change = " → ".join(filter(None, (before, after)))
    return Entry(
        id=new_id(at),
        at=at,
        level=level or LEVEL_OF.get(after, "info"),
        event=event,
        provider=provider,
        message=": ".join(filter(None, (change, reason)))[:LONGEST],
        process=process,
        model=model,
        token=token,
    )


def _sent(attempt: Attempt) -> str:
    what = KINDS.get(attempt.kind, "Request")
    waited = f" after {attempt.waited_us / 1e6:.3g} s" if attempt.waited_us else ""
    return f"{what} sent{waited}: {attempt.reason}" if attempt.reason else f"{what} sent{waited}."


def _outcome(attempt: Attempt) -> tuple[str, str, str]:
    """Level, event and message."""
    if attempt.status == 429:
        return "warning", "rate_limit", attempt.message or "The vendor's rate limit is reached."
    if attempt.error:
        return _severity(attempt), "response", attempt.message or attempt.error
    if attempt.verdict.startswith(LOST):
        return "info", "response", f"Given up: {attempt.verdict}."
    return "info", "response", _answered(attempt)


def _severity(attempt: Attempt) -> str:
    """What the request itself is to blame for is a warning; what the vendor or the credential is, an error."""
    of_the_request = 400 <= attempt.status < 500 and attempt.status not in (401, 403, 407)
    return "warning" if of_the_request else "error"


def _answered(attempt: Attempt) -> str:
    first = f", first byte after {attempt.first_byte_us // 1000} ms" if attempt.first_byte_us else ""
    return f"Answered in {attempt.duration_us // 1000} ms{first}."


def _entry(
    exchange: Exchange,
    attempt: Attempt,
    at: int,
    level: str,
    event: str,
    message: str,
    process: str,
    *,
    ended: bool = False,
) -> Entry:
    return Entry(
        id=new_id(at),
        at=at,
        level=level,
        event=event,
        provider=attempt.provider,
        message=message[:LONGEST],
        process=process,
        model=attempt.model[:LONGEST],
        token=attempt.token,
        request_id=exchange.id,
        team_id=exchange.team_id,
        status=attempt.status if ended else 0,
        error=attempt.error if ended else "",
        latency_ms=attempt.duration_us / 1000 if ended else 0,
    )
