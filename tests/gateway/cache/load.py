"""``python -m tests.gateway.cache.load``: the cache of a real server under load, as a table.

Clients ask questions as people do, a few of them often and many of them once (Zipf). The vendor's answers begin with
the question, so that a wrong answer is seen.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fake_vendor.server import FakeVendor, in_thread
from tests.server.running import KEY, Server, acme, running

CALLS, QUESTIONS = 4000, 1000
SKEW = 1.1  # of the Zipf distribution: how much more often the first is asked than the others
STREAMED = 0.3
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json", "x-cache-ttl": "600"}


@dataclass
class Seen:
    """What the clients saw. Times are in milliseconds, as an app measures them."""

    hits: list[float] = field(default_factory=list)
    misses: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    most: float = 0.0  # the share of calls that could be hits at all: all but the first of each
    booked: list[float] = field(default_factory=list)  # of hits, as the log tells it: from when it was found

    @property
    def ratio(self) -> float:
        return len(self.hits) / (len(self.hits) + len(self.misses))


def questions(count: int, *, of: int, seed: int = 1) -> list[tuple[str, bool]]:
    """What is asked, and whether as a stream."""
    chance = random.Random(seed)
    weights = [1 / rank**SKEW for rank in range(1, of + 1)]
    asked = chance.choices(range(of), weights, k=count)
    return [(f"Question {number}: " + "what is it? " * 40, number % 10 < STREAMED * 10) for number in asked]


def measured(server: Server, asked: Sequence[tuple[str, bool]], *, clients: int) -> Seen:
    """Asks everything in its order, by so many clients at once."""
    seen, waiting, lock = Seen(), iter(asked), threading.Lock()
    threads = [threading.Thread(target=_asks, args=(server, waiting, seen, lock)) for _ in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    seen.most = 1 - len(set(asked)) / len(asked)
    server.rows_settled(len(asked))
    rows = server.query("SELECT latency_us FROM monitoring_requestlog WHERE cache = 'hit'")
    seen.booked = [int(row[0]) / 1000 for row in rows]  # type: ignore[call-overload]
    return seen


def _asks(server: Server, waiting: object, seen: Seen, lock: threading.Lock) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    while True:
        with lock:
            question, streamed = next(waiting, ("", False))  # type: ignore[call-overload]
        if not question:
            connection.close()
            return
        body = {"model": "fake-large", "messages": [{"role": "user", "content": question}], "stream": streamed}
        content = json.dumps(body)
        began = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", content, HEADERS)
        with connection.getresponse() as response:
            answer, how = response.read(), response.headers.get("x-switchboard-cache")
        took = (time.perf_counter() - began) * 1000
        with lock:
            (seen.hits if how == "hit" else seen.misses).append(took)
            if response.status != 200 or text_of(answer, streamed=streamed).split(":")[0] != question.split(":")[0]:
                seen.wrong.append(question)


def text_of(answer: bytes, *, streamed: bool) -> str:
    if not streamed:
        return str(json.loads(answer)["choices"][0]["message"]["content"])
    frames = [line[6:] for line in answer.decode().splitlines() if line.startswith("data: {")]
    return "".join(str(one["choices"][0]["delta"].get("content") or "") for one in map(json.loads, frames))


def at(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def run(directory: Path, *, calls: int, of: int, clients: int) -> Seen:
    with in_thread(FakeVendor(echo=True)) as vendor, running(directory, **acme(vendor.url)) as server:
        return measured(server, questions(calls, of=of), clients=clients)


def main() -> int:
    say = sys.stdout.write
    say("clients  calls  hit ratio  (possible)  hit p50  p99 ms  in the log p50  p99 ms  miss p50 ms  wrong\n")
    wrong = 0
    for clients in (1, 4, 16):
        with tempfile.TemporaryDirectory() as name:
            seen = run(Path(name), calls=CALLS, of=QUESTIONS, clients=clients)
        wrong += len(seen.wrong)
        say(
            f"{clients:7}  {CALLS:5}  {100 * seen.ratio:8.1f}%  {100 * seen.most:9.1f}%  {at(seen.hits, 50):7.2f}"
            f"  {at(seen.hits, 99):6.2f}  {at(seen.booked, 50):14.3f}  {at(seen.booked, 99):6.3f}"
            f"  {at(seen.misses, 50):11.2f}  {len(seen.wrong):5}\n"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
