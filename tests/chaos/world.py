"""One gateway over real sockets to fake vendors that all have the same model, the apps that call it, and what must be
true of them. No database: pytest-django forbids it to tests that do not ask for it."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

from gateway.events import exchange_closed
from gateway.exchange import Exchange
from gateway.models import hash_key
from gateway.routing.rules import Rules
from providers.catalogue import CompiledProvider
from providers.http import HttpClients, Timeouts
from providers.http.transport import AiohttpTransport, make_transport
from tests.chaos.app import App, Asked
from tests.chaos.booking import check_attempts, check_exchange, differing
from tests.chaos.judging import Ending, judge
from tests.fake_vendor import TASK_NAME, FakeVendor, Received
from tests.gateway.harness import Gateway, gateway, key_facts, provider

NAMES = ("first", "second", "third", "fourth")
TIMEOUTS = Timeouts(connect=1, first_byte=0.3, silence=0.3, total=2)
MODEL = "m1"  # every provider has it
PROMPTLY = 0.1  # seconds: what an app's leaving or a time limit may take to reach the vendor
SLACK = 1.0  # seconds of a busy machine
RULES = Rules(max_attempts=8, retries=1, backoff_base=0.02, backoff_cap=0.2, deadline=6)
SUSPENDING = frozenset({"401", "402"})  # faults that are the account's; whatever else happens suspends no token


@dataclass(frozen=True, slots=True)
class Account:
    """A provider of the cast."""

    tokens: int = 1
    vendor: Literal["openai_compatible", "anthropic"] = "openai_compatible"
    max_in_flight: int | None = None
    dispatch: str = "pooled"


class Clock:
    """The wall clock, which can be put forward: for what waits minutes and days."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class World:
    """``async with World(directory, accounts) as world``. ``calls`` starts apps, ``settle`` waits for them and checks
    everything; leaving checks again, against the ledger."""

    def __init__(
        self,
        directory: Path,
        accounts: Sequence[Account],
        *,
        timeouts: Timeouts = TIMEOUTS,
        rules: Rules = RULES,
        cooldown: float = 60,
        **settings: Any,
    ) -> None:
        """``settings`` are those of ``RoutingFacts``."""
        self.directory = directory
        self.accounts = dict(zip(NAMES, accounts, strict=False))
        self.vendors = {name: FakeVendor(echo=True) for name in self.accounts}
        self.timeouts = timeouts
        self.rules = rules
        self.cooldown = cooldown
        self.settings = settings
        self.clock = Clock()
        self.apps: list[App] = []
        self.running: dict[App, asyncio.Task[None]] = {}
        self.closed: dict[str, list[Exchange]] = {}  # by the app's name
        self.seen: dict[str, list[tuple[str, Received]]] = {}  # by what the app said: provider and request
        self.transport: AiohttpTransport
        self.gateway: Gateway
        self._noted = dict.fromkeys(self.vendors, 0)
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        for vendor in self.vendors.values():
            await self._stack.enter_async_context(vendor)
        self.transport = make_transport("", connect=self.timeouts.connect, ssl=False)
        self._stack.push_async_callback(self.transport.aclose)
        cast = [self._provider(name, number) for name, number in self.ids.items()]
        told: dict[str, Any] = {
            "clients": HttpClients(transport=self.transport),
            "cooldown": self.cooldown,
            "rules": self.rules,
        }
        made = gateway(self.directory, _nobody, *cast, **told, **self.settings)
        self.gateway = await self._stack.enter_async_context(made)
        runtime = self.gateway.runtime
        runtime.pool.clock = runtime.breakers.clock = runtime.measures.clock = runtime.live.now = self.clock
        self._stack.callback(exchange_closed.subscribe(self._note_closed))
        self._tasks = asyncio.all_tasks()
        return self

    async def __aexit__(self, kind: Any, *exc: object) -> None:
        try:
            if kind is None:
                await self.settle()
        finally:
            for task in self.running.values():
                task.cancel()
            await self._stack.aclose()
        if kind is None:
            self.check_the_ledger()

    # --- what happens -----------------------------------------------------------------------------

    def calls(self, *asked: Asked) -> list[App]:
        """Starts apps; they run on until ``settle``."""
        apps = []
        for one in asked:
            app = App(len(self.apps), one)
            facts = key_facts(id=app.number + 1, name=app.name)
            self.gateway.runtime.snapshots.keys[hash_key(app.secret)] = facts
            self.running[app] = asyncio.get_running_loop().create_task(app.call(self.gateway.door))
            self.apps.append(app)
            apps.append(app)
        return apps

    async def ended(self, *asked: Asked) -> list[App]:
        """Starts apps and waits for these."""
        apps = self.calls(*asked)
        await asyncio.wait([self.running[app] for app in apps])
        return apps

    async def settle(self) -> None:
        """Waits for all that runs, then checks it."""
        started, self.running = self.running, {}
        if started:
            _, late = await asyncio.wait(started.values(), timeout=self.rules.deadline + 2 * SLACK)
            assert not late, f"{len(late)} calls have not ended long after their deadline"
        for app in started:
            self.check_app(app)
        await self.check_nothing_is_left()

    def make_usual(self, seconds: float) -> None:
        """Every target is taken to have answered many calls in that time: without that nothing is hedged."""
        measures = self.gateway.runtime.measures
        for number in self.ids.values():
            for first_s in [None, seconds] * 50:
                measures.began(number, MODEL)
                measures.ended(number, MODEL, ok=True, first_s=first_s, seconds=seconds, output=5)

    # --- what must be true ------------------------------------------------------------------------

    def check_now(self) -> None:
        """True at any moment."""
        flights = [condition.in_flight for condition in self.gateway.runtime.pool.conditions.values()]
        assert all(count >= 0 for count in flights), flights
        running = sum(not task.done() for task in self.running.values())
        assert sum(flights) <= running * (1 + self.hedging), "a lease that nobody holds"
        self.check_no_token_is_lost()

    def check_app(self, app: App) -> Ending:
        ending = judge(app)
        took = app.ended_at - app.began_at - app.asked.reads * len(app.pieces)
        assert took <= self.rules.deadline + SLACK, f"{app.name} ended after {took:.2f} s, with {app.status}"
        if app.left_at:
            took = app.ended_at - app.left_at - app.asked.reads
            assert took <= PROMPTLY + SLACK, f"{app.name} was still served {took:.2f} s after it left"
        exchanges = self.closed.get(app.name, [])
        assert len(exchanges) == 1, f"{app.name} was booked {len(exchanges)} times"
        check_exchange(app, ending, exchanges[0])
        check_attempts(exchanges[0], self.requests(app))
        return ending

    def exchange(self, app: App) -> Exchange:
        (exchange,) = self.closed[app.name]
        return exchange

    def requests(self, app: App) -> list[tuple[str, Received]]:
        """What vendors saw of a call: provider and request, by the time they came."""
        self._note_requests()
        return sorted(self.seen.get(app.says, []), key=lambda one: one[1].at)

    async def check_nothing_is_left(self) -> None:
        """With no call running: no lease, no place at a gate, no probe, no upstream connection in use, no task."""
        assert not self.running
        runtime = self.gateway.runtime
        assert not [one for one in runtime.pool.conditions.values() if one.in_flight or one.trying], "a lease is lost"
        assert not [one for one in runtime.gates.counts() if one.in_flight or one.waiting], "a place at a gate is lost"
        assert not [one for one in runtime.breakers._every() if one.probing], "a breaker's probe is lost"
        measured = [runtime.measures.of(number, MODEL) for number in self.ids.values()]
        assert not [one for one in measured if one is not None and one.in_flight], "an attempt never ended"
        until = time.monotonic() + PROMPTLY + SLACK
        while self._leftovers() and time.monotonic() < until:
            await asyncio.sleep(0.005)
        assert not (left := self._leftovers()), left

    def check_the_ledger(self) -> None:
        """Every call is in the ledger once, as it was closed; it has ended and handed all over."""
        rows = self.gateway._taken.rows
        assert Counter(row.api_key for row in rows) == Counter(app.name for app in self.apps)
        assert len({row.id for row in rows}) == len(rows)
        for row in rows:
            (closed,) = self.closed[row.api_key]
            other = differing(row, closed) + [
                (number, *one)
                for number, pair in enumerate(zip(row.attempts, closed.attempts, strict=True))
                for one in differing(*pair)
            ]
            assert not other, f"{row.api_key}: what was journaled, and what was told: {other}"

    def check_no_token_is_lost(self) -> None:
        """A token with whose account nothing is wrong is never suspended, whatever else its vendor does."""
        accused = {
            (name, f"fp-{request.token}")
            for name, vendor in self.vendors.items()
            for request in vendor.requests
            if request.fault in SUSPENDING
        }
        conditions = self.gateway.runtime.pool.conditions
        for provider_ in self.gateway.runtime.snapshots.current.catalogue.providers.values():
            for token in provider_.tokens:
                if token.id in conditions and (provider_.name, token.fingerprint) not in accused:
                    assert not conditions[token.id].standing, f"{token.label} is out: {conditions[token.id].reason}"

    @property
    def hedging(self) -> bool:
        return self.rules.hedge

    @property
    def ids(self) -> dict[str, int]:
        """The providers' primary keys."""
        return {name: number for number, name in enumerate(self.accounts, start=1)}

    # --- inside -----------------------------------------------------------------------------------

    def _provider(self, name: str, number: int) -> CompiledProvider:
        account, vendor = self.accounts[name], self.vendors[name]
        made = provider(
            name,
            vendor_slug=account.vendor,
            tokens=[f"secret-of-{name}-{one}" for one in range(account.tokens)],
            timeouts=self.timeouts,
            base_url=vendor.url if account.vendor == "openai_compatible" else vendor.root,
            id=number,
            max_in_flight=account.max_in_flight,
            dispatch=account.dispatch,
        )
        tokens = [
            replace(token, id=100 * number + token.id, label=f"token {token.id} of {name}") for token in made.tokens
        ]
        return replace(made, tokens=tuple(tokens))

    def _note_closed(self, exchange: Exchange) -> None:
        self.closed.setdefault(exchange.api_key, []).append(copy.deepcopy(exchange))

    def _note_requests(self) -> None:
        for name, vendor in self.vendors.items():
            new = vendor.requests[self._noted[name] :]
            self._noted[name] = len(vendor.requests)
            for request in new:
                self.seen.setdefault(_said(request), []).append((name, request))

    def _leftovers(self) -> str:
        """What is still there that should not be, in words."""
        words = [
            f"{len(vendor.open_requests)} requests are open at {name} ({vendor.open_requests[0].fault or 'no fault'})"
            for name, vendor in self.vendors.items()
            if vendor.open_requests
        ]
        if in_use := connections_in_use(self.transport):
            words.append(f"{in_use} upstream connections are in use")
        tasks = asyncio.all_tasks() - self._tasks - {asyncio.current_task()}
        words += [f"the task {task!r} is left" for task in tasks if task.get_name() != TASK_NAME]
        return "; ".join(words)


def connections_in_use(transport: AiohttpTransport) -> int:
    """Upstream connections that were neither given back nor closed. aiohttp has no public word for them."""
    connector: Any = transport.session.connector
    return len(connector._acquired)


def _said(request: Received) -> str:
    """The app's own words in a request, whichever wire it came over."""
    (message,) = request.json["messages"]
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


async def _nobody(request: Any) -> Any:
    raise AssertionError("the calls go over real connections")
