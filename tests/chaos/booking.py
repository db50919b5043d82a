"""What the books say of a call, held against what its app got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gateway.exchange import Attempt, Exchange
from tests.chaos.app import App
from tests.chaos.judging import Ending
from tests.fake_vendor import Received

UNSEEN = frozenset(
    {"provider_unreachable", "provider_timeout", "provider_slow_start", ""}
)  # errors of attempts no vendor may have seen


def check_exchange(app: App, ending: Ending, exchange: Exchange) -> None:
    """What is booked of a call is what its app met. Raises ``AssertionError``."""
    assert exchange.stream == app.asked.stream and exchange.requested_model == app.asked.model
    match ending:
        case Ending.LEFT:
            assert exchange.ended_by in ("cancelled", "done", "failed")
        case Ending.ANSWERED | Ending.STREAMED:
            assert (exchange.ended_by, exchange.status, exchange.error_code) == ("done", 200, "")
            assert [one for one in exchange.attempts if not one.error], "an answer from nowhere"
            assert app.headers["x-switchboard-attempts"] == str(len(exchange.attempts))
            assert app.headers["x-switchboard-provider"] == exchange.provider
        case Ending.BROKE:
            assert exchange.ended_by == "failed" and exchange.error_code
            (broken,) = [one for one in exchange.attempts if one.verdict.startswith("stop")]
            assert broken.error == exchange.error_code and broken.provider == exchange.provider
        case Ending.REFUSED:
            assert (exchange.ended_by, exchange.status) == ("failed", app.status) and exchange.error_code
            assert all(one.error for one in exchange.attempts)
    for attempt in exchange.attempts:
        _check_attempt(attempt, exchange)


def check_attempts(exchange: Exchange, requests: Sequence[tuple[str, Received]]) -> None:
    """Each request that a vendor saw is an attempt, and each attempt is one that a vendor saw or could not see.
    ``requests`` are those of the call, each with its provider's name."""
    seen = Counter((name, f"fp-{request.token}") for name, request in requests)
    attempts = Counter((one.provider, one.token) for one in exchange.attempts)
    assert not seen - attempts, f"requests of {exchange.api_key} that are not booked: {seen - attempts}"
    unseen = [one for one in exchange.attempts if one.status == 0 and one.error in UNSEEN]
    excused = Counter((one.provider, one.token) for one in unseen)
    assert not attempts - seen - excused, f"attempts of {exchange.api_key} that no vendor saw: {attempts - seen}"


def differing(one: Any, other: Any) -> list[Any]:
    """Fields in which two structs differ, but lists, with both values."""
    pairs = [(name, getattr(one, name), getattr(other, name)) for name in one.__struct_fields__]
    return [pair for pair in pairs if pair[1] != pair[2] and not isinstance(pair[1], list)]


def _check_attempt(attempt: Attempt, exchange: Exchange) -> None:
    assert attempt.started_us >= 0 and attempt.duration_us >= 0
    assert attempt.started_us + attempt.duration_us <= exchange.latency_us + 1000, "an attempt longer than its call"
    assert bool(attempt.error) <= bool(attempt.verdict), "an error without its verdict"
    assert bool(attempt.error) == bool(attempt.message), "an error without its message, or a message without its error"
