"""``manage.py cache stats|clear``: what the answer cache holds and saved, and how to empty it."""

from __future__ import annotations

import sqlite3
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from redis import Redis
from redis.exceptions import RedisError

from gateway.cache.board import QUIET, Figures, figures_of
from gateway.cache.clearing import clear_disk, clear_redis, mark_cleared, redis_totals
from gateway.cache.keying import EVERYONE
from gateway.cache.store import Store
from gateway.models import Team
from gateway.models.caching import CacheSettings

PATIENCE = 5.0  # seconds to wait for Redis


class Command(BaseCommand):
    help = "Shows what the answer cache holds and saved (stats), or empties it in every process (clear)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("stats", "clear"))
        parser.add_argument("--team", help="clear: only this team's answers, by its name.")
        parser.add_argument("--yes", action="store_true", help="clear: without asking.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.directory = Path(settings.CACHE_DIR)
        redis = _redis()
        try:
            if options["what"] == "stats":
                self._stats(redis)
            else:
                self._clear(redis, options["team"], yes=options["yes"])
        except RedisError as error:
            raise CommandError(
                f"REDIS_URL: Redis does not answer ({type(error).__name__}); nothing else was done."
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"DATA_DIR: {self.directory} cannot be used ({error}).") from error
        finally:
            if redis is not None:
                redis.close()

    # --- stats -----------------------------------------------------------------------------------------
    def _stats(self, redis: Redis | None) -> None:
        now = time.time()
        told = figures_of(redis, self.directory, now=now)
        current = {process: one for process, one in told.items() if now - one.at <= QUIET}
        every = list(told.values())
        self.stdout.write(f"Settings   {_settings()}")
        if told:
            self._hits(every, processes=len(current), gone=len(told) - len(current))
        else:
            self.stdout.write("Calls      none asked the cache lately")
        live = list(current.values())
        entries, size = sum(one.entries for one in live), sum(one.bytes for one in live)
        self.stdout.write(
            f"Memory     {_amount(entries, size)} in {len(live)} processes, as of {QUIET:.0f} s ago or less"
        )
        if redis is not None:
            self.stdout.write(f"Redis      {_amount(*redis_totals(redis))}")
        self.stdout.write(f"Disk       {self._disk()}")

    def _hits(self, every: list[Figures], *, processes: int, gone: int) -> None:
        asked, hits = sum(one.asked for one in every), sum(one.hits for one in every)
        share = f"{100 * hits / asked:.1f} %" if asked else "none"
        self.stdout.write(f"Calls      {asked} asked the cache, {hits} were answered from it ({share})")
        names = ("memory", "redis", "disk", "similar", "joined")
        self.stdout.write("  by       " + ", ".join(f"{name} {_sum(every, name)}" for name in names))
        kept = f"{_sum(every, 'stored')} answers kept, {_sum(every, 'unfit')} unfit, {_sum(every, 'evicted')} made room"
        self.stdout.write(f"  kept     {kept}")
        self.stdout.write(f"  saved    ${_sum(every, 'saved_nano') / 1e9:.6f}")
        of = f"of {processes} processes" + (f", and {gone} that ended within the hour" if gone else "")
        self.stdout.write(f"  counted  since each began, {of}")

    def _disk(self) -> str:
        store = Store(self.directory)
        if not store.path.exists():
            return "nothing"
        try:
            entries, size, evicted = store.totals()
        finally:
            store.close()
        return f"{_amount(entries, size)}, {evicted} made room"

    # --- clear -----------------------------------------------------------------------------------------
    def _clear(self, redis: Redis | None, name: str | None, *, yes: bool) -> None:
        scope = _scope(name) if name else EVERYONE
        what = f"the answers of the team {name}" if name else "every answer"
        if not yes and not self._agrees(what):
            self.stdout.write("Nothing was cleared.")
            return
        mark_cleared(scope, redis, self.directory)
        gone = clear_disk(scope, self.directory) + (clear_redis(scope, redis) if redis is not None else 0)
        self.stdout.write(
            f"Cleared {what}: {gone} on disk and in Redis; every process forgets its own within a second."
        )
        if name:
            self.stdout.write("Answers that teams share are not a team's; clear without --team to be rid of them.")

    def _agrees(self, what: str) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Say --yes: nobody is here to be asked.")
        return input(f"Clear {what}? [y/N] ").strip().lower() in ("y", "yes")


def _redis() -> Redis | None:
    url = settings.REDIS_URL
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) if url else None


def _scope(name: str) -> str:
    team = Team.objects.filter(name=name).only("id").first()
    if team is None:
        raise CommandError(f"There is no team {name!r}.")
    return f"team:{team.pk}"


def _settings() -> str:
    row = CacheSettings.current()
    levels = f"memory {row.memory_megabytes} MB, disk {row.disk_megabytes} MB"
    return f"{row.get_mode_display()}; {row.seconds} s; {levels}"


def _amount(entries: int, size: int) -> str:
    return f"{entries} answers, {size / 2**20:.1f} MB"


def _sum(every: list[Figures], name: str) -> int:
    return sum(getattr(one, name) for one in every)
