"""The simulated world: providers with prices, speeds, failures, bad spells and rate limits, and what calls meet there.

All randomness is drawn before a run and belongs to the request, so that every policy meets the same world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Literal, NamedTuple

from providers.errors import RateLimited, SwitchboardError, VendorFailed, VendorTimeout, VendorUnreachable

TIMEOUT = 30.0  # seconds after which a call that hangs is given up
MINUTE = 60.0

SpellKind = Literal["down", "unreachable", "hanging", "slow", "flaky"]


class Request(NamedTuple):
    """``at`` in seconds since the run began; ``given`` and ``answered`` in units."""

    number: int
    at: float
    kind: str
    given: int
    answered: int
    stream: bool


class Spell(NamedTuple):
    """``much``: how many times slower, or the share of calls that fail."""

    begins: float
    ends: float
    kind: SpellKind
    much: float


class Outcome(NamedTuple):
    """``first`` is ``None`` for a whole reply."""

    seconds: float
    first: float | None
    error: SwitchboardError | None


class SimulatedProvider(NamedTuple):
    """Prices are USD for a million units; ``first`` and ``throughput`` are medians, ``spread`` their log-normal sigma.
    ``limit``: requests a minute, 0 for any number."""

    number: int
    input_price: float
    output_price: float
    first: float
    throughput: float
    spread: float
    failures: float
    limit: int
    spells: tuple[Spell, ...]

    def cost(self, request: Request) -> float:
        """USD of an answered request."""
        return (request.given * self.input_price + request.answered * self.output_price) / 1e6

    def spell(self, now: float) -> Spell | None:
        return next((one for one in self.spells if one.begins <= now < one.ends), None)


class Dice:
    """Numbers for every request, provider and attempt: drawn once for a setting, the same for all policies."""

    def __init__(self, random: Random, requests: int, providers: int) -> None:
        self.requests, self.providers = requests, providers
        rows = requests * providers
        self.fails = [random.random() for _ in range(rows)]
        self.waits = [random.gauss(0, 1) for _ in range(rows)]
        self.speeds = [random.gauss(0, 1) for _ in range(rows)]

    def row(self, request: Request, provider: int, attempt: int) -> int:
        return ((request.number + attempt * 7919) % self.requests) * self.providers + provider


@dataclass(slots=True)
class World:
    """``asked``: requests in the current minute, by provider."""

    providers: tuple[SimulatedProvider, ...]
    dice: Dice
    asked: dict[int, tuple[int, int]] = field(default_factory=dict)

    def meet(self, provider: SimulatedProvider, request: Request, attempt: int, now: float) -> Outcome:
        """What a call comes to that begins ``now`` seconds after the run did."""
        row = self.dice.row(request, provider.number, attempt)
        quick = 0.05 + 0.1 * self.dice.fails[row]
        wait = self._limited(provider, now)
        if wait:
            return Outcome(quick, None, RateLimited("too many requests", vendor_status=429, retry_after=wait))
        spell = provider.spell(now)
        failures, slower = provider.failures, 1.0
        if spell is not None:
            match spell.kind:
                case "down":
                    return Outcome(quick, None, VendorFailed("internal error", vendor_status=500))
                case "unreachable":
                    return Outcome(quick, None, VendorUnreachable("connection refused"))
                case "hanging":
                    return Outcome(TIMEOUT, None, VendorTimeout("no answer in time"))
                case "slow":
                    slower = spell.much
                case "flaky":
                    failures = spell.much
        first = provider.first * exp(provider.spread * self.dice.waits[row]) * slower
        if self.dice.fails[row] < failures:
            return Outcome(first, None, VendorFailed("internal error", vendor_status=502))
        rate = provider.throughput * exp(-provider.spread * self.dice.speeds[row]) / slower
        return Outcome(first + request.answered / rate, first if request.stream else None, None)

    def _limited(self, provider: SimulatedProvider, now: float) -> float:
        """Seconds until the next minute, where this one is used up."""
        if not provider.limit:
            return 0.0
        minute = int(now // MINUTE)
        counted, number = self.asked.get(provider.number, (minute, 0))
        number = number + 1 if counted == minute else 1
        self.asked[provider.number] = (minute, number)
        return (minute + 1) * MINUTE - now if number > provider.limit else 0.0


class Setting(NamedTuple):
    """``rate``: requests a second."""

    seed: int
    rate: float
    requests: tuple[Request, ...]
    providers: tuple[SimulatedProvider, ...]
    dice: Dice


def setting(seed: int, *, requests: int) -> Setting:
    """Three to eight providers of one model, drawn at random. Prices, speeds and failures are spread evenly over
    logarithms, so that large and small differences are equally frequent."""
    random = Random(seed)
    rate = _log_uniform(random, 1, 15)
    number = random.randint(3, 8)
    price = _log_uniform(random, 0.5, 10)
    providers = tuple(_provider(random, one, price, rate, requests / rate) for one in range(number))
    asked = tuple(_requests(random, rate, requests))
    return Setting(seed, rate, asked, providers, Dice(random, requests, number))


KINDS = (("chat", 0.5, 250), ("simple", 0.2, 60), ("code", 0.2, 700), ("creative", 0.1, 600))  # share, usual answer


def _requests(random: Random, rate: float, count: int) -> list[Request]:
    now = 0.0
    found = []
    for number in range(count):
        now += random.expovariate(rate)
        kind, _, answer = random.choices(KINDS, [share for _, share, _ in KINDS])[0]
        given = int(min(20_000, 20 + random.lognormvariate(log(600), 1.0)))
        answered = int(min(4_000, 5 + random.lognormvariate(log(answer), 0.7)))
        found.append(Request(number, now, kind, given, answered, random.random() < 0.6))
    return found


def _provider(random: Random, number: int, price: float, rate: float, lasts: float) -> SimulatedProvider:
    output = price * _log_uniform(random, 0.33, 3)
    limited = random.random() < 0.3
    return SimulatedProvider(
        number=number,
        input_price=round(output / random.uniform(2, 6), 3),
        output_price=round(output, 3),
        first=_log_uniform(random, 0.15, 2.5),
        throughput=_log_uniform(random, 20, 200),
        spread=random.uniform(0.15, 0.6),
        failures=_log_uniform(random, 0.001, 0.08),
        limit=max(1, int(rate * MINUTE * random.uniform(0.2, 1.2))) if limited else 0,
        spells=_spells(random, lasts),
    )


def _spells(random: Random, lasts: float) -> tuple[Spell, ...]:
    """None for some providers, up to a handful for others; they may follow upon each other but never overlap."""
    wanted = random.choice((0, 0, 1, 1, 2, 3, 4))
    found: list[Spell] = []
    for begins in sorted(random.uniform(0, lasts) for _ in range(wanted)):
        begins = max(begins, found[-1].ends if found else 0.0)
        kind: SpellKind = random.choices(
            ("down", "unreachable", "hanging", "slow", "flaky"), (0.25, 0.15, 0.1, 0.3, 0.2)
        )[0]
        much = random.uniform(2, 6) if kind == "slow" else random.uniform(0.2, 0.6)
        found.append(Spell(begins, begins + _log_uniform(random, 20, min(300, lasts / 4 + 21)), kind, much))
    return tuple(found)


def _log_uniform(random: Random, low: float, high: float) -> float:
    return exp(random.uniform(log(low), log(high)))
