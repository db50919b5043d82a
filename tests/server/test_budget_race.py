"""Fifty clients race one hard budget over two processes that are killed and started again: nothing is overspent, every
hold comes back, and log, entries and budget say the same to the nano-dollar."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import random
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.ledger.directory import abandoned
from tests.fake_vendor.answers import Answer
from tests.fake_vendor.server import FakeVendor, in_thread
from tests.server.running import KEY, Server
from tests.server.test_replicas import replicas, until

pytestmark = pytest.mark.services

CLIENTS = 50
KILLS = 4
MOST_OUTPUT = 200
AMOUNT = 5_000_000_000  # nano-dollars
PRICES = {"fake-large": (10_000, 40_000), "fake-small": (1_000, 4_000)}  # nano-dollars a unit of input, of output
INPUT = 7

SETUP = f"""
from decimal import Decimal
from gateway.models import ApiKey, Budget
from providers.models import Model, Provider
acme = Provider.objects.get(name="openai_compatible")
for name, given, made in (("fake-large", 10, 40), ("fake-small", 1, 4)):
    Model.objects.update_or_create(
        provider=acme, model_id=name, defaults=dict(price_input=Decimal(given), price_output=Decimal(made))
    )
Budget.objects.create(name="race", subject="key", api_key=ApiKey.objects.get(), amount={AMOUNT}, period="total")
"""


class Billing(FakeVendor):
    """Answers of random length, whole or streamed, that it bills as soon as it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.billed = 0
        self._random = random.Random(5)

    def _chosen(self, request: Any, path: str, model: Any) -> Answer:
        output = self._random.randint(1, MOST_OUTPUT)
        of_input, of_output = PRICES[model]
        self.billed += INPUT * of_input + output * of_output
        words = "word " * output
        return Answer(text=words, usage=(INPUT, output), wait=self._random.uniform(0, 0.2), delay=0.001, cut=400)


class Racers:
    """Clients that call until nothing is left."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.stop = threading.Event()
        self.answered = self.refused = self.cut = 0
        self.other: dict[int, int] = {}
        self._lock = threading.Lock()

    def run(self, number: int) -> None:
        chance = random.Random(number)
        while not self.stop.is_set():
            status = self._call(chance)
            with self._lock:
                if status == 200:
                    self.answered += 1
                elif status == 402:
                    self.refused += 1
                elif status == 0:
                    self.cut += 1
                else:
                    self.other[status] = self.other.get(status, 0) + 1
            if status != 200:
                time.sleep(0.05)

    def _call(self, chance: random.Random) -> int:
        server = chance.choice(self.servers)
        body = {
            "model": chance.choice(sorted(PRICES)),
            "messages": [{"role": "user", "content": f"Hi {chance.random()}"}],
            "max_tokens": MOST_OUTPUT,
            "stream": chance.random() < 0.5,
        }
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def knows_the_budget(server: Server) -> bool:
    """Calls before that would be in the log and in no budget."""
    asked = urllib.request.Request(f"{server.url}/v1/usage", headers={"authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return [one["name"] for one in json.load(answer)["budgets"]] == ["race"]


def has_given_up_the_dead(server: Server) -> bool:
    """Whether the journals of its killed processes are delivered and gone, and their leases with them: only its own is
    left. A process takes them over at its start, and looks every two seconds whether they are delivered."""
    return len(abandoned(server.data_dir / "journal")) == 1


def test_fifty_clients_cannot_spend_more_than_there_is(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    with ExitStack() as stack:
        vendor = stack.enter_context(in_thread(Billing()))
        assert isinstance(vendor, Billing)
        servers = stack.enter_context(replicas(tmp_path, postgres_url, redis_url, vendor))
        servers[0].manage("shell", "-c", SETUP)
        until(30, lambda: all(knows_the_budget(server) for server in servers))
        racers = Racers(servers)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(racers.run, number) for number in range(CLIENTS)]
            try:
                for kill in range(KILLS):
                    time.sleep(1.5)
                    servers[kill % 2].kill()
                    servers[kill % 2].start()
                until(60, lambda: all(has_given_up_the_dead(server) for server in servers))
                refused = racers.refused  # from here on all that is left can be had
                until(60, lambda: racers.refused > refused + 20 * CLIENTS)
            finally:
                racers.stop.set()
            for one in running:
                one.result()
        for server in servers:
            assert server.stop() == 0
        facts = books(postgres_url)
    told = f"{racers.answered} answered, {racers.refused} refused, {racers.cut} cut, others {racers.other}"
    sys.stdout.write(f"\n{told}; billed by the vendor {vendor.billed}; {facts}\n")
    assert racers.answered > 100 and not racers.other
    assert facts["log"] == facts["entries"] == facts["spent"]
    assert vendor.billed <= facts["spent"] <= AMOUNT
    assert facts["spent"] > AMOUNT * 0.9, "money was left that nobody could spend"
    assert facts["leased"] == facts["leases"] == 0
    assert facts["interrupted"] > 0


def books(url: str) -> dict[str, int]:
    def one(database: Any, sql: str) -> int:
        return int(database.execute(sql).fetchone()[0] or 0)

    with psycopg.connect(url, autocommit=True) as database:
        return {
            "spent": one(database, "SELECT sum(spent) FROM gateway_budgetperiod"),
            "leased": one(database, "SELECT sum(leased) FROM gateway_budgetperiod"),
            "leases": one(database, "SELECT sum(amount) FROM gateway_budgetlease"),
            "entries": one(database, "SELECT sum(amount) FROM gateway_budgetentry"),
            "log": one(database, "SELECT sum(cost_nano) FROM monitoring_requestlog"),
            "rows": one(database, "SELECT count(*) FROM monitoring_requestlog WHERE cost_nano > 0"),
            "interrupted": one(database, "SELECT count(*) FROM monitoring_requestlog WHERE ended_by = 'interrupted'"),
        }
