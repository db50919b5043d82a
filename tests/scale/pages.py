"""``python -m tests.scale.pages``: how long the pages over a large request log take, as a Markdown table, and how fast
the log is written meanwhile. Run ``tests.scale.fill`` first.

Each case is asked for 20 times after two to warm up, through Django's test client: middleware, session, view, database
and template, without the network. All filters lie within 7 days unless they say otherwise.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.scale import cast, place

TIMES, WARM = 20, 2
LIMIT_MS = 300
LIST, ADMIN = "/logs/?since=7d", "/admin/monitoring/requestlog/?time=week"


class Case(NamedTuple):
    name: str
    address: str
    who: str = "ada"


FILTERS = (
    ("no filter", ""),
    ("busiest team", "team=team-00"),
    ("rare team (1 in 20,000)", f"team={cast.RARE_TEAM}"),
    ("team that calls at night only", f"team={cast.NIGHT_TEAM}"),
    ("busy key", "key=app-000"),
    ("rare key", "key=app-089"),
    ("busy provider", "provider=openai"),
    ("provider without rows", "provider=nobody"),
    ("busy model", "model=openai-large"),
    ("rare model", f"model={cast.RARE_MODEL}"),
    ("status 2xx (97.5 %)", "status=2xx"),
    ("status 5xx", "status=5xx"),
    ("status 429", "status=429"),
    ("status that never was", "status=418"),
    ("ended: interrupted (none)", "ended_by=interrupted"),
    ("error text, common", "error=rate+limit"),
    ("error text, rare", f"error={cast.RARE_WORD}"),
    ("error text, none", "error=nowhere"),
    ("error code", "error_code=budget_exceeded"),
    ("cost, common (≥ $0.0001)", "cost_min=0.0001"),
    ("cost, rare (≥ $0.1)", "cost_min=0.1"),
    ("cost, none (≥ $50)", "cost_min=50"),
    ("latency, common (≥ 1 s)", "latency_min=1000"),
    ("latency, rare (≥ 40 s)", "latency_min=40000"),
    ("latency, none (< 1 ms)", "latency_max=1"),
    ("session, unknown", "session=nobody"),
    ("request id, unknown", "request=nobody"),
    ("from the answer cache", "cached=yes"),
    ("with a verdict", "judged=any"),
    ("rare endpoint", f"endpoint={cast.RARE_ENDPOINT}"),
    ("endpoint without rows", "endpoint=moderations"),
    ("streamed", "stream=yes"),
    ("rare endpoint, streamed (none)", f"endpoint={cast.RARE_ENDPOINT}&stream=yes"),
    ("busy team + busy model + 2xx", "team=team-00&model=openai-large&status=2xx"),
    ("busy team + provider + model that never meet", "team=team-00&provider=mistral&model=openai-small"),
    ("busy team + key of another (none)", "team=team-03&key=app-004"),
    ("busy team + error text + 5xx", "team=team-00&error=overloaded&status=5xx"),
    ("cost ≥ $0.02 + latency ≥ 9 s + not streamed", "cost_min=0.02&latency_min=9000&stream=no"),
    ("two teams + model + latency ≥ 5 s", "team=team-02&team=team-03&model=gemini-small&latency_min=5000"),
    ("streamed + cost ≥ $0.1 + 429 (none)", "stream=yes&cost_min=0.1&status=429"),
)
ADMIN_FILTERS = (
    ("no filter", ""),
    ("all time", "time=all"),
    ("busiest team", "team=1"),
    ("rare team", "team=20"),
    ("rare key", "key=app-094"),
    ("busy provider", "provider=openai"),
    ("provider without rows", "provider=perplexity"),
    ("status 5xx", "class=5"),
    ("status 429", "class=429"),
    ("no status (none)", "class=0"),
    ("ended: interrupted (none)", "ended_by__exact=interrupted"),
    ("fell back to another target", "attempts=fell_back"),
    ("more than one attempt", "attempts=several"),
    ("no attempt (none)", "attempts=none"),
    ("shadow list", "judged=any"),
    ("guardrail without rows", "by=nobody"),
    ("answer cache", "cache=any"),
    ("answer cache, joined (none)", "cache=joined"),
    ("tag (none)", "tag=nobody"),
    ("search: model", "q=openai-large"),
    ("search: error text", f"q={cast.RARE_WORD}"),
    ("search: nothing", "q=nowhere-to-be-found"),
)


def cases() -> Iterator[Case]:
    for name, query in FILTERS:
        yield Case(f"list: {name}", f"{LIST}&{query}")
    for name, query in FILTERS[:13:3]:
        yield Case(f"list: {name}, 5 days deep", f"{LIST}&{query}&cursor={_deep()}")
        yield Case(f"list: {name}, newer from there", f"{LIST}&{query}&cursor={_deep(newer=True)}")
    yield Case("list: newest, 24 h", "/logs/")
    for name, query in (*FILTERS[:3:2], *FILTERS[10:20:3], *FILTERS[34:36]):
        if "team-03" not in query:
            yield Case(f"member of 3 teams: {name}", f"{LIST}&{query}", "mem")
    yield Case("one exchange", f"/logs/{_some_row()}/")
    yield Case("live tail's look (24 h)", "/logs/?part=rows")
    for name, query in ADMIN_FILTERS:
        yield Case(f"admin: {name}", f"{ADMIN if 'time=' not in query else ADMIN.split('?')[0] + '?'}&{query}")
    yield Case("admin: one request", f"/admin/monitoring/requestlog/{_some_row()}/change/")
    yield Case("admin: first page", "/admin/")
    for address in ("/providers/logs", "/providers/logs?provider=openai", "/dashboards/", "/dashboards/?span=7d"):
        yield Case(address, address)


def _deep(*, newer: bool = False) -> str:
    from monitoring.explorer.places import NEWER, OLDER, Cursor, Place

    at = datetime.now(UTC) - timedelta(days=5)
    return quote(str(Cursor(NEWER if newer else OLDER, Place.at_time(at), at - timedelta(days=2))))


def _some_row() -> object:
    from monitoring.models import RequestLog

    at = datetime.now(UTC) - timedelta(days=3)
    rows = RequestLog.objects.filter(started_at__gte=at, started_at__lt=at + timedelta(hours=1), status=502)
    return rows.order_by().values_list("pk", flat=True)[0]


def measured(call: Callable[[], object]) -> list[float]:
    """Milliseconds of each call."""
    for _ in range(WARM):
        call()
    found = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        call()
        found.append((time.perf_counter() - begin) * 1000)
    return found


def p95(times: Iterable[float]) -> float:
    found = sorted(times)
    return found[max(0, -(-95 * len(found) // 100) - 1)]


def measure_pages(only: str) -> Iterator[str]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    clients = {}
    for name in ("ada", "mem"):
        clients[name] = Client()
        clients[name].force_login(get_user_model().objects.get(username=name))
    for case in cases():
        if only not in case.name:
            continue
        client = clients[case.who]
        first = client.get(case.address)
        if first.status_code == 404:
            yield f"| {case.name} | | | | not there |"
            continue
        if first.status_code != 200:
            yield f"| {case.name} | | | | status {first.status_code} |"
            continue
        text = first.content.decode()
        rows = text.count('data-id="') or text.count('class="field-time') or ""
        note = "looked back in part" if "may take; " in text or "in the time a page may take" in text else ""
        times = measured(partial(client.get, case.address))
        slow = " ⚠" if p95(times) > LIMIT_MS else ""
        yield f"| {case.name} | {rows} | {statistics.median(times):.0f} | {p95(times):.0f}{slow} | {note} |"
    if not only or "export" in only:
        yield from measure_exports(clients["ada"])


def measure_exports(client: Any) -> Iterator[str]:
    for kind in ("csv", "jsonl"):
        begin = time.perf_counter()
        response = client.get(f"/logs/export.{kind}?since=7d&most=100000")
        pieces = iter(response.streaming_content)
        next(pieces)
        if kind == "csv":
            next(pieces)  # the first is the head alone
        first = (time.perf_counter() - begin) * 1000
        size = sum(map(len, pieces))
        whole = time.perf_counter() - begin
        note = f"100,000 rows in {whole:.1f} s, {size >> 20} MiB"
        yield f"| export.{kind}, 7 days: first rows after | | {first:.0f} | | {note} |"


def measure_writing(seconds: float) -> str:
    """Rows a second through the log writer, 500 a batch, beside the ones that are there."""
    from gateway.exchange import Attempt, Exchange, uuid7
    from monitoring.log_writer import LogWriter

    def exchange(number: int) -> Exchange:
        key, model = number % 90, cast.MODELS[number * 7 % 38]
        failed = number % 50 == 0
        attempt = Attempt(
            provider="openai",
            model=model,
            token="fp-1",
            status=200,
            duration_us=90_000,
            cost_nano=7,
            cost_basis="shipped",
        )
        return Exchange(
            id=uuid7(), started_at=time.time_ns() // 1000, request_id=f"w-{number:016x}", endpoint="chat.completions",
            api_key_id=key + 1, api_key=cast.KEYS[key], team_id=key % 18 + 1, team=cast.TEAMS[key % 18],
            requested_model=model, provider=model.split("-")[0], vendor="openai", model=model, token="fp-1",
            wire="openai", stream=number % 3 == 0, status=502 if failed else 200,
            ended_by="failed" if failed else "done", error_code="vendor_error" if failed else "",
            error_message=f"The vendor answered 500, trace {number:x}." if failed else "",
            input=number * 31 % 5000, output=number * 17 % 900, usage_basis="vendor",
            cost_nano=number * 7919 % 10**7, cost_basis="shipped",
            unit_prices={"input": 500_000_000, "output": 1_500_000_000}, latency_us=number * 104_729 % 10**7,
            first_byte_us=90_000, session=f"s-{number // 20}" if number % 5 == 0 else "", attempts=[attempt],
        )  # fmt: skip

    writer, numbers, rows, spent = LogWriter(), itertools.count(), 0, 0.0
    writer.take([exchange(next(numbers)) for _ in range(500)])
    slowest = 0.0
    while spent < seconds:
        batch = [exchange(next(numbers)) for _ in range(500)]
        begin = time.perf_counter()
        writer.take(batch)
        took = time.perf_counter() - begin
        spent, rows, slowest = spent + took, rows + len(batch), max(slowest, took)
    return f"Writing: {rows / spent:,.0f} rows/s ({rows:,} rows, 500 a batch; slowest batch {slowest * 1000:.0f} ms)."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default=place.NAME)
    parser.add_argument("--server", default=place.SERVER)
    parser.add_argument("--only", default="", help="a part of a case's name")
    parser.add_argument("--writing", type=float, default=10, help="seconds to write for; 0: not at all")
    given = parser.parse_args()
    place.set_up(given.database, server=given.server)
    out = sys.stdout
    out.write("| page | rows | p50 ms | p95 ms | |\n| --- | ---: | ---: | ---: | --- |\n")
    for line in measure_pages(given.only):
        out.write(line + "\n")
        out.flush()
    if given.writing:
        out.write(f"\n{measure_writing(given.writing)}\n")


if __name__ == "__main__":
    main()
