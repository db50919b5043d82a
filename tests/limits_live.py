"""``python -m tests.limits_live [--limit 600] [--rate 200] [--seconds 130]``: limits across two gateways, measured.

Two processes on PostgreSQL and a Redis of the script's own; one API key with a limit of requests a minute is called at
a steady rate, half at each. Prints what was let through in the fullest minute and in all, how true Retry-After was, and
what happens while Redis is killed and when it is back.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from cryptography.fernet import Fernet

from tests.fake_vendor.server import in_thread
from tests.gateway.limits.redis_server import RedisServer
from tests.server.running import KEY, Server, acme
from tests.services import Missing, made_database, postgres

MINUTE = 60.0
OUTAGE_SECONDS = 10.0
OFF_BY = 0.01  # what the limit may be missed by
BODY = {"model": "fake-large", "messages": [{"role": "user", "content": "Hi"}]}
MAKE_LIMIT = (
    "from gateway.models import ApiKey, Limit, hash_key; "
    "Limit.objects.update_or_create(subject='key', api_key=ApiKey.objects.get(hash=hash_key({key!r})), "
    "defaults=dict(requests_per_minute={limit}))"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """``sent`` and ``came`` in seconds; ``wait``: what a refusal told; ``header``: the same in the header."""

    sent: float
    came: float
    status: int
    wait: float | None = None
    header: int | None = None


class Load:
    """Calls at a steady rate, turn by turn at each server."""

    def __init__(self, session: aiohttp.ClientSession, servers: Sequence[Server], rate: int) -> None:
        self._session = session
        self._urls = [f"{server.url}/v1/chat/completions" for server in servers]
        self._rate = rate

    async def drive(self, seconds: float) -> list[Reply]:
        began, calls = time.monotonic(), []
        for number in range(int(seconds * self._rate)):
            await asyncio.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            calls.append(asyncio.ensure_future(self._call(self._urls[number % len(self._urls)])))
        return await asyncio.gather(*calls)

    async def _call(self, url: str) -> Reply:
        sent = time.monotonic()
        try:
            async with self._session.post(url, json=BODY, headers={"authorization": f"Bearer {KEY}"}) as response:
                told = await response.json()
                came, header = time.monotonic(), response.headers.get("retry-after")
                error = told.get("error") or {}
                wait = (error.get("details") or error).get("retry_after")
                return Reply(sent, came, response.status, wait, int(header) if header else None)
        except (aiohttp.ClientError, TimeoutError):
            return Reply(sent, time.monotonic(), 0)


def fullest_minute(times: Sequence[float]) -> int:
    """The most of these that lie within any sixty seconds."""
    ordered, first, most = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= MINUTE:
            first += 1
        most = max(most, last - first + 1)
    return most


def steady(times: Sequence[float], limit: int) -> list[float]:
    """In how many seconds so many as the limit passed, and one more: from each call on. A minute if it were exact."""
    ordered = sorted(times)
    return sorted(later - first for first, later in zip(ordered, ordered[limit:], strict=False))


def wait_errors(replies: Sequence[Reply]) -> list[float]:
    """How much later than a refusal told a call passed, in seconds; less than nothing: sooner. When it was told lies
    between sending and answer."""
    passed = sorted(one.sent for one in replies if one.status == 200)
    errors, number = [], 0
    for one in sorted((one for one in replies if one.wait is not None), key=lambda one: one.came):
        while number < len(passed) and passed[number] < one.came:
            number += 1
        if number < len(passed) and one.wait is not None:
            late, early = passed[number] - one.came - one.wait, passed[number] - one.sent - one.wait
            errors.append(late if late > 0 else min(early, 0.0))
    return errors


def report(replies: Sequence[Reply], limit: int, rate: int) -> bool:
    """Prints; whether it is as promised."""
    passed = [one.came for one in replies if one.status == 200]
    most, spans = fullest_minute(passed), steady(passed, limit) or [0.0]
    usual = spans[len(spans) // 2]
    print(f"answers: {dict(Counter(one.status for one in replies))}")
    print(f"let through in the fullest minute: {most} of {limit} ({most / limit - 1:+.2%})")
    print(
        f"{limit} and one more passed within {usual:.2f} s ({usual / MINUTE - 1:+.2%} of a minute) at the median, "
        f"{spans[0]:.2f} to {spans[-1]:.2f} s in all"
    )
    errors = sorted(wait_errors(replies))
    if errors:
        print(
            f"Retry-After against the next call that passed, {len(errors)} refusals: earliest {errors[0]:+.3f} s, "
            f"median {errors[len(errors) // 2]:+.3f} s, latest {errors[-1]:+.3f} s (calls come every {1 / rate:.3f} s)"
        )
    return most <= limit * (1 + OFF_BY) and usual <= MINUTE * (1 + OFF_BY)


def by_second(replies: Sequence[Reply]) -> None:
    began = min(one.sent for one in replies)
    seconds: dict[int, Counter[int]] = {}
    for one in replies:
        seconds.setdefault(int(one.sent - began), Counter())[one.status] += 1
    for second, statuses in sorted(seconds.items()):
        print(f"  second {second:3}: {dict(sorted(statuses.items()))}")
    print(f"  slowest answer {max(one.came - one.sent for one in replies):.3f} s")


async def measure(servers: Sequence[Server], redis: RedisServer, asked: argparse.Namespace) -> bool:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        load = Load(session, servers, asked.rate)
        await asyncio.sleep(2)
        print(f"{asked.rate} requests a second over {len(servers)} processes, {asked.seconds:g} s:")
        good = report(await load.drive(asked.seconds), asked.limit, asked.rate)
        print(f"\nthe limit raised to {asked.limit * 20} a minute, and Redis killed in between:")
        servers[0].manage("shell", "-c", MAKE_LIMIT.format(key=KEY, limit=asked.limit * 20))
        await asyncio.sleep(1)
        driving = asyncio.ensure_future(load.drive(OUTAGE_SECONDS + 8))
        await asyncio.sleep(3)
        redis.kill()
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(redis.start)
        outage = await driving
    by_second(outage)
    good = good and all(one.status in (200, 429) for one in outage)
    for server in servers:
        said = [line for line in server.log.read_text().splitlines() if "Redis is" in line]
        print(f"  process {server.port} said: {said}")
        good = good and any("away" in line for line in said) and any("back" in line for line in said)
    return good


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=600, help="requests a minute of the key")
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=130, help="of the first measurement")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-limits-")))
        try:
            database = stack.enter_context(made_database(postgres(stack), f"switchboard_limits_{os.getpid()}"))
        except Missing as error:
            print(error, file=sys.stderr)
            return 1
        redis, vendor = stack.enter_context(RedisServer(home)), stack.enter_context(in_thread())
        shared = {
            "DATABASE_URL": database,
            "REDIS_URL": redis.url,
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            **acme(vendor.url),
        }
        servers = started(stack, home, shared)
        servers[0].manage("shell", "-c", MAKE_LIMIT.format(key=KEY, limit=asked.limit))
        good = asyncio.run(measure(servers, redis, asked))
        print("\nas promised" if good else "\nNOT as promised")
        return 0 if good else 1


def started(stack: ExitStack, home: Path, environ: dict[str, str]) -> list[Server]:
    servers = []
    for name in ("one", "two"):
        (home / name).mkdir()
        server = Server(home / name, environ)
        server.start()
        stack.callback(server.stop)
        servers.append(server)
    return servers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
