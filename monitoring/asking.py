"""One chat call outside the gateway's door, for paid tests and judges: run from a task, on a loop of its own, booked in
the request log and in budgets like any other."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """``text`` is "" and ``error`` in words where it failed. ``exchange`` is what was booked."""

    text: str
    error: str
    exchange: Exchange

    @property
    def ok(self) -> bool:
        return not self.error


def ask(
    provider_id: int, model: str, *, prompt: str, endpoint: str, system: str = "", max_output: int = 16,
    team_id: int = 0, team: str = "",
) -> Told:
    """Asks one model of one provider with the first token that may be used, waits at most a minute, and writes the log
    row (``endpoint`` names why: "health.test", "quality.judge") with its cost. Never raises for what the vendor does;
    a hard budget of that provider that has nothing left refuses like a vendor would."""
    raise NotImplementedError
