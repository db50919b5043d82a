"""``python -m tests.scale.rollup_year``: a fresh PostgreSQL database with the rollups of a busy year, made up by the
database itself, and how long the questions of a dashboard take there. ``--drop`` takes it away again."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.scale import place
from tests.services import with_database

NAME = "switchboard_rollup_year"
TEAMS, KEYS, MODELS, PROVIDERS = 20, 5, 8, 4
NOW = datetime(2026, 11, 21, 15, 7, 30, tzinfo=UTC)
TRIES = 5


def fill() -> None:
    """Days of a year, hours of a hundred days, minutes of eight; in each hour half of all combinations had requests, in
    each minute one in twenty."""
    from django.db import connection

    from monitoring.models import RollupState
    from monitoring.rollups import building, grains, levels
    from monitoring.rollups.columns import COUNTS, FIGURES, FIRST_BYTE, LATENCY, SUMS
    from monitoring.rollups.state import hours_kept, minutes_kept

    bins = [f"nullif(n * {weight} / 100, 0)" for weight in _weights(len(LATENCY), 26)]
    first = [f"nullif(n * {weight} / 200, 0)" for weight in _weights(len(FIRST_BYTE), 18)]
    counts = ["n" if name == "requests" else "n / 50" for name in COUNTS]
    figures = [*counts, *(f"n * {1000 + 37 * place}" for place, _ in enumerate(SUMS)), *bins, *first]
    now = grains.minute_of(NOW)
    RollupState.objects.update_or_create(
        pk=1, defaults={"minutes_from": minutes_kept(NOW), "hours_from": hours_kept(NOW), "marked_from": 0}
    )
    begins = {
        grains.MINUTE: (minutes_kept(NOW), 0.05, 3),
        grains.HOUR: (hours_kept(NOW), 0.5, 60),
        grains.DAY: (grains.down(now - 365 * 1440, 1440), 1.0, 800),
    }
    for grain, (begin, share, requests) in begins.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{grain.table}" (level, at, team_id, api_key_id, provider, model, {", ".join(FIGURES)}) '
                f"SELECT {levels.FINEST}, at, team, team * 10 + key, 'provider-' || (model %% {PROVIDERS}), "
                f"'model-' || model, {', '.join(figures)} FROM (SELECT at, team, key, model, "
                f"1 + (random() * {requests} * (1 + model))::integer AS n FROM generate_series(%s, %s, %s) at, "
                f"generate_series(1, {TEAMS}) team, generate_series(1, {KEYS}) key, "
                f"generate_series(0, {MODELS - 1}) model WHERE random() < {share}) r",
                [begin, now, grain.unit],
            )
            ordered = " ORDER BY 1"  # as they lie when they are made one after the other
            cursor.execute(building.coarser_levels_sql(grain.table, compare=">=") + ordered, [levels.FINEST, begin])
            cursor.execute(f'VACUUM ANALYZE "{grain.table}"')
            cursor.execute(f'SELECT count(*), pg_size_pretty(pg_total_relation_size(%s)) FROM "{grain.table}"', [
                grain.table
            ])  # fmt: skip
            sys.stdout.write(" ".join(map(str, (grain.table, *(cursor.fetchone() or ())))) + "\n")


def _weights(count: int, middle: int) -> list[int]:
    """Percents that lie around ``middle``."""
    return [max(0, 14 - 2 * abs(number - middle)) for number in range(count)]


def measure() -> None:
    from monitoring.access import Viewer
    from monitoring.rollups import figures
    from monitoring.rollups.figures import Only, Span

    everyone, member = Viewer(teams=None, name=""), Viewer(teams=frozenset({3}), name="")
    spans = {name: Span(since=NOW - timedelta(**length), until=NOW) for name, length in {
        "hour": {"hours": 1}, "day": {"days": 1}, "week": {"days": 7}, "month": {"days": 30}, "year": {"days": 365},
    }.items()}  # fmt: skip
    model = Only(models=("model-3",))
    for name, span in spans.items():
        asked: dict[str, Callable[[], Any]] = {
            "totals": lambda span=span: figures.totals(everyone, span),
            "series": lambda span=span: figures.series(everyone, span),
            "by provider": lambda span=span: figures.by("provider", everyone, span),
            "by model": lambda span=span: figures.by("model", everyone, span),
            "by team": lambda span=span: figures.by("team", everyone, span),
            "by key": lambda span=span: figures.by("api_key", everyone, span),
            "by key of 10": lambda span=span: figures.by("api_key", everyone, span, most=10),
            "series by model": lambda span=span: figures.series_by("model", everyone, span),
            "series by team": lambda span=span: figures.series_by("team", everyone, span),
            "one model, by team": lambda span=span: figures.by("team", everyone, span, model),
            "one model, by key": lambda span=span: figures.by("api_key", everyone, span, model),
            "one key, series": lambda span=span: figures.series(everyone, span, Only(api_keys=(34,))),
            "member: totals": lambda span=span: figures.totals(member, span),
            "member: by model": lambda span=span: figures.by("model", member, span),
            "member: by key": lambda span=span: figures.by("api_key", member, span),
            "member: series by key": lambda span=span: figures.series_by("api_key", member, span),
        }
        for words, ask in asked.items():
            sys.stdout.write(f"{name:6} {words:24} {_measured(ask)}\n")


def _measured(ask: Callable[[], Any]) -> str:
    """The median time, and what it takes of a processor in this process and in the server's: on a busy machine the
    latter tells more."""
    ask()
    times, own, served = [], time.process_time(), _server_seconds()
    for _ in range(TRIES):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    own, served = time.process_time() - own, _server_seconds() - served
    each = (own + served) / TRIES * 1000
    return f"{sorted(times)[TRIES // 2] * 1000:7.1f} ms, {each:6.1f} ms of a processor ({own / TRIES * 1000:.1f} here)"


def _server_seconds() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone() or (0,)
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default=place.SERVER, help="a PostgreSQL server on which databases may be made")
    parser.add_argument("--keep", action="store_true", help="measure what is there")
    parser.add_argument("--drop", action="store_true")
    asked = parser.parse_args()
    if asked.drop:
        place.drop(NAME, server=asked.server)
        return
    if not asked.keep:
        place.drop(NAME, server=asked.server)
        with psycopg.connect(with_database(asked.server, "postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    place.set_up(NAME, server=asked.server)
    if not asked.keep:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill()
    measure()


if __name__ == "__main__":
    main()
