"""``python -m tests.scale.fill --rows 10000000 --days 30``: a fresh PostgreSQL database with a large request log.

Each day is copied into a table of its own that is attached when it is full: its indexes are then built in one go.
``--drop`` takes the database away again.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from tests.scale import cast, place

COLUMNS = (
    *("id", "started_at", "request_id", "endpoint", "api_key_id", "api_key", "team_id", "team", "requested_model"),
    *("provider", "vendor", "model", "token", "wire", "stream", "status", "ended_by", "finish", "error_code"),
    *("error_message", "input", "output", "cached_input", "cache_write_input", "reasoning", "usage_basis", "cost_nano"),
    *("cost_basis", "unit_prices", "latency_us", "first_byte_us", "dropped", "attempts", "session", "plan", "tags"),
    *("verdicts", "judged", "cache", "saved_nano"),
)
KINDS, NUMBERS = 8192, 65_536
DAY = timedelta(days=1)
VERDICT = '[{"by":"no-pii","kind":"pii","action":"redact","what":"email:2","us":180}]'
TABLE = "monitoring_requestlog"


class Rows:
    """Makes lines for COPY, in the order of their time."""

    def __init__(self, team_ids: list[int], key_ids: list[int], *, seed: int = 7) -> None:
        self._chance = random.Random(seed)
        self._kinds = cast.kinds(team_ids, key_ids, count=KINDS, seed=seed)
        self._rare = cast.rare_kind(team_ids, key_ids)
        self._night = cast.rare_kind(team_ids, key_ids, night=True)
        self._numbers = [self._number() for _ in range(NUMBERS)]

    def _number(self) -> tuple[int, int, int, int, int, int]:
        """input, output, cached input, cost in nano-dollars, latency and first byte in microseconds."""
        chance = self._chance
        given, made = round(chance.lognormvariate(6.5, 1.2)), round(chance.lognormvariate(5.2, 1.0))
        latency = round(chance.lognormvariate(14.2, 0.9))
        cost = round((given * 500 + made * 1500) * chance.lognormvariate(0, 0.8))
        return given, made, given // 2 if chance.random() < 0.3 else 0, cost, latency, round(latency * 0.3)

    def between(self, since: datetime, until: datetime, count: int) -> Iterator[str]:
        begin, length = since.timestamp(), (until - since).total_seconds()
        for at in range(count):
            seconds = begin + length * (at + self._chance.random()) / count
            yield self._line(seconds, at)

    def _line(self, seconds: float, at: int) -> str:
        draw = self._chance.getrandbits(62)
        kind = self._kinds[draw & (KINDS - 1)]
        given, made, cached, cost, latency, first = self._numbers[(draw >> 13) & (NUMBERS - 1)]
        chance = (draw >> 29) / 2**33
        if chance > 0.99995:
            kind = self._rare
        elif 10_800 <= seconds % 86_400 < 11_400 and chance > 0.2:
            kind = self._night
        status, ended, finish, code, text = 200, "done", "stop", "", ""
        if chance < 0.02:
            status, ended, finish, code, text = self._error(kind, draw)
            given = made = cached = cost = 0
        elif chance < 0.025:
            status, ended, finish = 499, "cancelled", ""
        session = f"s-{kind.key_id}-{int(seconds) // 1800:x}" if 0.1 < chance < 0.3 else ""
        cache = "hit" if 0.3 < chance < 0.32 else "stored" if 0.4 < chance < 0.45 else ""
        judged = "changed" if 0.5 < chance < 0.505 else ""
        moment = datetime.fromtimestamp(seconds, UTC)
        row = f"{int(seconds * 1000):012x}7{(draw >> 50) & 0xFFF:03x}8{draw & (2**60 - 1):015x}"
        attempt = (
            f'{{"provider":"{kind.provider}","model":"{kind.model}","token":"fp-{kind.key_id:08x}",'
            f'"duration_us":{latency},"status":{status},"error":"{code}","reason":"the name means this model",'
            f'"input":{given},"output":{made},"cost_nano":{cost},"cost_basis":"shipped","first_byte_us":{first}}}'
        )
        attempts = f"[{attempt},{attempt}]" if at % 25 == 0 else f"[{attempt}]"
        return (
            f"{row}\t{moment.isoformat()}\treq-{draw:016x}\t{kind.endpoint}\t{kind.key_id}\t{kind.key}\t{kind.team_id}\t"
            f"{kind.team}\t{kind.model}\t{kind.provider}\t{kind.provider}\t{kind.model}\tfp-{kind.key_id:08x}\topenai\t"
            f"{kind.stream}\t{status}\t{ended}\t{finish}\t{code}\t{text}\t{given}\t{made}\t{cached}\t0\t0\tvendor\t{cost}\t"
            f"shipped\t{cast.PRICES}\t{latency}\t{first}\t\t{attempts}\t{session}\t{kind.plan}\t[]\t"
            f"{VERDICT if judged else '[]'}\t{judged}\t{cache}\t{cost if cache == 'hit' else chr(92) + 'N'}\n"
        )

    @staticmethod
    def _error(kind: cast.Kind, draw: int) -> tuple[int, str, str, str, str]:
        status, code, text = cast.ERRORS[draw % len(cast.ERRORS)]
        number = (draw >> 7) % 100_000
        rare = f" {cast.RARE_WORD}" if draw % 401 == 0 else ""
        said = text.format(model=kind.model, provider=kind.provider, n=number)
        return status, "failed", "", code, said + rare


def accounts() -> tuple[list[int], list[int]]:
    """Teams, keys, providers, an admin, and a member of three teams."""
    from django.contrib.auth import get_user_model

    from gateway.models import ApiKey, Scope, Team, hash_key
    from providers.models import Provider

    teams = [Team.objects.create(name=name) for name in cast.TEAMS]
    keys = [
        ApiKey.objects.create(
            name=name, team=teams[at % 18 if at < 90 else min(at - 75, 19)], hash=hash_key(name), hint="…"
        )
        for at, name in enumerate(cast.KEYS)
    ]
    ApiKey.objects.create(name="watch", hash=hash_key("sk-sb-watch"), hint="…", scopes=[Scope.ADMIN.value])
    for name in cast.PROVIDERS:
        Provider.objects.get_or_create(name=name, defaults={"vendor": "openai"})
    users: Any = get_user_model().objects
    users.create_superuser("ada", password="")
    teams[0].members.add(member := users.create_user("mem", password=""))
    teams[5].members.add(member)
    teams[19].members.add(member)
    return [team.pk for team in teams], [key.pk for key in keys]


def fill(url: str, rows: int, days: int) -> None:
    team_ids, key_ids = accounts()
    made = Rows(team_ids, key_ids)
    until = datetime.now(UTC)
    since = until - days * DAY
    done = 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        for begin, end in _days(since, until):
            count = round(rows * ((end - begin) / (until - since)))
            started = time.monotonic()
            _fill_day(connection, begin.date(), made.between(begin, end, count))
            done += count
            took = time.monotonic() - started
            sys.stdout.write(f"{begin:%Y-%m-%d}: {count:,} rows in {took:.1f} s; {done:,} in all\n")
            sys.stdout.flush()
        connection.execute(f"ANALYZE {TABLE}")
    from django.db import connection as django_connection

    from monitoring import partitions

    partitions.make([until.date() + DAY], connection=django_connection)


def _fill_day(connection: psycopg.Connection[Any], day: date, lines: Iterator[str]) -> None:
    name = f"{TABLE}_p{day:%Y%m%d}"
    connection.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        while piece := "".join(itertools.islice(lines, 500)):
            copy.write(piece)
    connection.execute(
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{day} 00:00+00') TO ('{day + DAY} 00:00+00')"
    )
    connection.execute(f"VACUUM (ANALYZE) {name}")


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    at = since
    while at < until:
        following = min(datetime(at.year, at.month, at.day, tzinfo=UTC) + DAY, until)
        yield at, following
        at = following


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--database", default=place.NAME)
    parser.add_argument("--server", default=place.SERVER)
    parser.add_argument("--drop", action="store_true", help="only take the database away")
    given = parser.parse_args()
    place.drop(given.database, server=given.server)
    if given.drop:
        return
    with psycopg.connect(given.server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{given.database}"')
    url = place.set_up(given.database, server=given.server)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    fill(url, given.rows, given.days)
    took = time.monotonic() - started
    sys.stdout.write(f"{given.rows:,} rows over {given.days} days in {took:.0f} s\n")


if __name__ == "__main__":
    main()
