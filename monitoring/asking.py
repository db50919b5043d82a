"""One chat call outside the gateway's door, for paid tests and judges: run from a task, on a loop of its own, booked in
the request log and in budgets like any other."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.budgets.consumer import BudgetConsumer
from gateway.events import exchange_closed
from gateway.exchange import Attempt, Exchange, uuid7
from gateway.operations.base import Done
from gateway.operations.chat import Chat
from gateway.routing.targets import Planned
from gateway.runtime import running
from monitoring.asking_budgets import Held, Refused, give_back, hold, priced, worst_of
from monitoring.asking_sending import Sending
from monitoring.health.pool import usable_tokens
from monitoring.log_writer import LogWriter
from providers import findings
from providers.canonical import Usage, UsageBasis
from providers.catalogue import CompiledProvider, CompiledToken
from providers.compiling import compile_provider
from providers.environment import environ
from providers.errors import (
    BadConfiguration,
    CredentialInvalid,
    SwitchboardError,
    VendorGarbled,
)
from providers.probe import ProbeResult
from providers.secrecy import clear, secrets_of
from providers.wires.openai.codec import decode, encode, mapping

log = logging.getLogger("switchboard.asking")

PATIENCE = 60.0  # seconds for one answer, whatever the provider allows its calls
REASON = "asked by Switchboard itself"
CHARS_PER_UNIT = 4  # where the vendor told no usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """``text`` is "" and ``error`` in words where it failed. ``exchange`` is what was booked."""

    text: str
    error: str
    exchange: Exchange

    @property
    def ok(self) -> bool:
        return not self.error

    @property
    def was_asked(self) -> bool:
        """Whether the vendor was asked at all, and not refused here: by a budget, or for want of a token."""
        return bool(self.exchange.attempts)


def ask(
    provider_id: int, model: str, *, prompt: str, endpoint: str, system: str = "", max_output: int = 16,
    team_id: int = 0, team: str = "",
) -> Told:  # fmt: skip
    """Asks one model of one provider with the first token that may be used, waits at most a minute, and writes the log
    row (``endpoint`` names why: "health.test", "quality.judge") with its cost. Never raises for what the vendor does;
    a hard budget of that provider that has nothing left refuses like a vendor would. Raises ``Provider.DoesNotExist``,
    and Django's database errors. Not from a thread whose event loop runs, and not within a transaction."""
    provider = compile_provider(provider_id, environ())
    asking = _Asking(provider, question(model, prompt=prompt, system=system, max_output=max_output), endpoint=endpoint)
    asking.exchange.team_id, asking.exchange.team = team_id, team
    return asking.told()


def worst_price(provider_id: int, model: str, *, prompt: str, system: str = "", max_output: int = 16) -> int | None:
    """Nano-dollars that such a call costs at most; ``None`` where nobody knows. Raises ``Provider.DoesNotExist``."""
    provider = compile_provider(provider_id, environ())
    body = question(model, prompt=prompt, system=system, max_output=max_output)
    return worst_of(Planned(provider, model, REASON), _chat(body, ""), at=time.time_ns() // 1000).nano


def question(model: str, *, prompt: str, system: str, max_output: int) -> dict[str, Any]:
    """The body of an OpenAI chat request."""
    before = [{"role": "system", "content": system}] if system else []
    messages = [*before, {"role": "user", "content": prompt}]
    return {"model": model, "messages": messages, "max_tokens": max_output}


def _chat(body: dict[str, Any], endpoint: str) -> Chat:
    return Chat(body, wire_name="openai", endpoint=endpoint)


class _Asking:
    """One call, from its hold on budgets to its row."""

    def __init__(self, provider: CompiledProvider, body: dict[str, Any], *, endpoint: str) -> None:
        self.provider = provider
        self.planned = Planned(provider, body["model"], REASON)
        self.operation = _chat(body, endpoint)
        self.size = len(encode(body))
        self.started = time.perf_counter()
        self.attempt = Attempt(provider=provider.name, model=self.planned.model, reason=REASON)
        identity = uuid7()
        self.exchange = Exchange(
            id=identity,
            started_at=time.time_ns() // 1000,
            request_id=identity,
            endpoint=endpoint,
            requested_model=self.planned.model,
            provider=provider.name,
            vendor=provider.vendor.slug,
            model=self.planned.model,
            wire=self.planned.wire.name,
            attempts=[],
        )

    def told(self) -> Told:
        held: Held | None = None
        try:
            token = self._token()
            held = self._hold()
            text = self._answered(token, held)
        except SwitchboardError as error:
            self._failed(error, held)
            text, words = "", error.message
        else:
            words = "" if text else f"{self.provider.name} answered without any text."
        self._book(held)
        return Told(text=text, error=words, exchange=self.exchange)

    def _token(self) -> CompiledToken:
        if self.provider.problem:
            raise BadConfiguration(self.provider.problem)
        tokens = usable_tokens(self.provider)
        if not tokens:
            raise BadConfiguration(f"{self.provider.name} has no token that may be used.")
        return tokens[0]

    def _hold(self) -> Held | None:
        exchange = self.exchange
        held = hold(self.planned, self.operation, exchange, size=self.size)
        if isinstance(held, Refused):
            exchange.verdicts.append(held.verdict)
            raise held.error
        if held is not None:
            self.attempt.charged = held.charged
            self.attempt.hold_nano, self.attempt.hold_units = held.nano, held.units
            exchange.holder = held.holder
        return held

    def _answered(self, token: CompiledToken, held: Held | None) -> str:
        self.exchange.attempts.append(self.attempt)
        self.attempt.token = self.exchange.token = token.fingerprint
        self.attempt.started_us = self._elapsed_us()
        sending = Sending(self.planned, self.operation, token, self.attempt, elapsed_us=self._elapsed_us)
        try:
            done = asyncio.run(sending.over(PATIENCE))
        except SwitchboardError as error:
            clear(error, secrets_of(self.provider, token))
            if isinstance(error, CredentialInvalid) and token.id:
                findings.record_token(token.id, ProbeResult(ok=False, credential_invalid=True, message=error.message))
            raise
        finally:
            self.exchange.dropped = sending.dropped
            self.attempt.duration_us = self._elapsed_us() - self.attempt.started_us
        self._charge(_usage(done, self.size), held)
        self.exchange.usage_basis = (UsageBasis.VENDOR if done.usage else UsageBasis.ESTIMATED).value
        self.exchange.finish = done.finish.value if done.finish else ""
        self.exchange.status, self.exchange.ended_by = 200, "done"
        return _text(done.body)

    def _failed(self, error: SwitchboardError, held: Held | None) -> None:
        exchange, attempt = self.exchange, self.attempt
        exchange.status, exchange.ended_by = error.status, "failed"
        exchange.error_code, exchange.error_message = error.code, error.message
        if not exchange.attempts:
            return
        attempt.error, attempt.message, attempt.verdict = error.code, error.message[:300], error.retry.value
        if error.billed is not None:
            self._charge(error.billed, held)
            exchange.usage_basis = UsageBasis.VENDOR.value
        elif isinstance(error, VendorGarbled) and attempt.status == 200 and attempt.hold_nano:
            attempt.cost_nano, attempt.cost_basis = attempt.hold_nano, "hold"  # billed, nobody can tell what
            exchange.cost_nano, exchange.cost_basis = attempt.cost_nano, attempt.cost_basis

    def _charge(self, usage: Usage, held: Held | None) -> None:
        exchange, attempt = self.exchange, self.attempt
        for one in (exchange, attempt):
            one.input, one.output, one.reasoning = usage.input, usage.output, usage.reasoning
            one.cached_input, one.cache_write_input = usage.cached_input, usage.cache_write_input
            one.input_audio, one.output_audio = usage.input_audio, usage.output_audio
        cost = priced(self.planned, usage, at=exchange.started_at, held=held)
        attempt.cost_nano, attempt.cost_basis = cost.nano, cost.basis
        exchange.cost_nano, exchange.cost_basis = cost.nano, cost.basis if cost.nano is not None else "unknown"
        exchange.unit_prices = cost.unit_prices

    def _book(self, held: Held | None) -> None:
        """The row first: what budgets booked is compared with it. A process that dies in between leaves its lease,
        which comes back in a day and says that nobody knows what it spent."""
        exchange = self.exchange
        exchange.latency_us = self._elapsed_us()
        exchange.first_byte_us = self.attempt.started_us + self.attempt.first_byte_us if exchange.attempts else 0
        LogWriter().take([exchange])
        BudgetConsumer().take([exchange])
        if held is not None:
            give_back(held)
        self._show()

    def _show(self) -> None:
        """To the live log, where this process serves."""
        runtime = running()
        if runtime is not None and runtime.loop is not None:
            with suppress(RuntimeError):  # it stops serving just now
                runtime.loop.call_soon_threadsafe(exchange_closed.tell, self.exchange)

    def _elapsed_us(self) -> int:
        return int((time.perf_counter() - self.started) * 1e6)


def _usage(done: Done, size: int) -> Usage:
    if done.usage is not None:
        return done.usage
    return Usage(input=-(-size // CHARS_PER_UNIT), output=-(-done.output_chars // CHARS_PER_UNIT))


def _text(body: bytes) -> str:
    """Of an OpenAI chat completion; "" where there is none."""
    try:
        choices = mapping(decode(body)).get("choices")
    except ValueError:
        return ""
    first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    content = mapping(first.get("message")).get("content")
    if isinstance(content, list):
        content = "".join(str(mapping(part).get("text") or "") for part in content)
    return content.strip() if isinstance(content, str) else ""
