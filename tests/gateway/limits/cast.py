"""What the tests of limits share: a clock that stands until it is set, and rules."""

from __future__ import annotations

from gateway.limits.compiled import Rule
from gateway.limits.limiter import Limiter

EVERYONE = Rule("everyone", "everyone", requests=10)
TEAM = Rule("team:3", "team Search", requests=5, usage=1000, parallel=3)
KEY = Rule("key:7", "API key crawler", requests=4)
GPT = Rule("model:gpt-4o*", "model gpt-4o*", usage=500)


class Clock:
    """Seconds, which only tests move."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def alone(clock: Clock | None = None) -> Limiter:
    """A limiter of the only process."""
    return Limiter(None, process="test", clock=clock or Clock())
