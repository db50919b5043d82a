"""The simulation's failures on purpose: a model, or a token, named like one of these fails so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HANG = "demo-hang"
BROKEN = "demo-broken-stream"


class Failure(NamedTuple):
    """``error`` is the ``error`` object of OpenAI's envelope."""

    status: int
    error: Mapping[str, str | None]
    headers: tuple[tuple[str, str], ...] = ()


def _error(message: str, type: str, code: str | None) -> dict[str, str | None]:
    return {"message": f"{message} (a simulated failure)", "type": type, "param": None, "code": code}


FAILURES: Mapping[str, Failure] = {
    "demo-401": Failure(401, _error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")),
    "demo-429": Failure(
        429,
        _error("Rate limit reached. Please try again in 2s.", "requests", "rate_limit_exceeded"),
        (("retry-after", "2"),),
    ),
    "demo-500": Failure(500, _error("The server had an error while processing your request.", "server_error", None)),
}
